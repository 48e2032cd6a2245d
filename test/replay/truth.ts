// A replay against the real thing: 500 requests sent to a real `serve` process of a small model, and the same trace replayed
// with the speeds that rehearsals found before and after it. Prints a table:
//   node test/replay/truth.ts [--requests 500] [--runs 5] [--levels 2,4] [--seconds 44] [--json]
// The machine must have nothing else to do; the last column tells what other programs took of one core. The command must be built (`npm run build`).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { EngineSettings } from "@qwq-fit/engine";
import { readModelFile, writeSparseGguf } from "@qwq-fit/models/node";
import type { FitPlan, LocalMeasurement } from "@qwq-fit/schema";
import { createRandom, simulate, type TraceRequest } from "@qwq-fit/simulation";
import { loadSpeedCoefficients } from "../../packages/qwq-fit/src/catalog/load-speed-coefficients.ts";
import { probeHardware } from "../../packages/qwq-fit/src/hardware/probe-hardware.ts";
import {
  machineNode,
  type RequestCost,
} from "../../packages/qwq-fit/src/replay/fleet/machine-node.ts";
import type { ReplayNode } from "../../packages/qwq-fit/src/replay/fleet/replay-node.ts";
import { startCommand } from "../support/long-command.ts";
import { askCompletion } from "./ask-completion.ts";
import { costSeen, lookAtMachine, type MachineLook, speedsOf } from "./machine-look.ts";
import { watchOthers } from "./others-cpu.ts";
import { QUANTIZATION, quantile, smallEntry } from "./rehearse-small.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "500" },
    runs: { type: "string", default: "5" },
    levels: { type: "string", default: "2,4" },
    seconds: { type: "string", default: "44" },
    load: { type: "string", default: "0.6" },
    threads: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const CONTEXT = 1024;
/** Requests before anything is looked at. */
const WARM_UP = 200;

/** Prompts and answers of this mean, from a third of it to above twice. */
function makeTrace(count: number, gapMs: number, scale: number, seed: number): TraceRequest[] {
  const random = createRandom(seed);
  let arrivalMs = 0;
  const size = (median: number, most: number): number =>
    Math.min(most, Math.max(2, Math.round(random.logNormal(median * scale, 0.5))));
  return Array.from({ length: count }, () => {
    arrivalMs += random.exponential(gapMs);
    return { arrivalMs, promptTokens: size(120, 600), outputTokens: size(24, 200) };
  });
}

interface Waits {
  readonly firsts: number[];
  readonly totals: number[];
  readonly lastedMs: number;
}

function replayed(node: ReplayNode, trace: readonly TraceRequest[]): Waits & { busyMs: number } {
  const firsts: number[] = [];
  const totals: number[] = [];
  const end = simulate({
    nodes: [node.simulated("node", { prefill: 1, decode: 1 })],
    trace,
    choose: (_request, _fleet, _now, tried) => (tried.length === 0 ? 0 : -1),
    onOutcome: ({ node: served, timeToFirstTokenMs, totalMs }) => {
      if (served < 0) return;
      firsts.push(timeToFirstTokenMs);
      totals.push(totalMs);
    },
  });
  return { firsts, totals, lastedMs: end.endMs, busyMs: end.usage[0]?.busyMs ?? 0 };
}

/** Sends each request at its time, whatever the others do. */
async function sent(url: string, trace: readonly TraceRequest[], salt: number): Promise<Waits> {
  const startMs = performance.now() + 50;
  const answers = await Promise.all(
    trace.map(async (request, i) => {
      const waitMs = startMs + request.arrivalMs - performance.now();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
      return askCompletion(url, request, salt * 100_000 + i);
    }),
  );
  const done = answers.filter((answer) => answer !== null);
  return {
    firsts: done.map(({ firstMs }) => firstMs),
    totals: done.map(({ totalMs }) => totalMs),
    lastedMs: performance.now() - startMs,
  };
}

const meanOf = (list: readonly number[]): number =>
  list.reduce((sum, value) => sum + value, 0) / list.length;

const NO_COST: RequestCost = { wayMs: 0, promptMs: 0, settleMs: 0 };

const off = (told: number, was: number): string => {
  const share = 100 * (told / was - 1);
  return `${share < 0 ? "−" : "+"}${Math.abs(share).toFixed(1)} %`;
};

/** Cells of the table: the replay's figure, the real one, how far it is off. */
const compared = (told: Waits, was: Waits): string[] =>
  [
    [quantile(told.firsts, 0.5), quantile(was.firsts, 0.5)],
    [quantile(told.firsts, 0.95), quantile(was.firsts, 0.95)],
    [meanOf(told.totals), meanOf(was.totals)],
  ].flatMap(([a = 0, b = 0]) => [`${a.toFixed(0)} ms`, `${b.toFixed(0)} ms`, off(a, b)]);

const folder = mkdtempSync(join(tmpdir(), "qwq-fit-replay-truth-"));
try {
  const entry = smallEntry();
  const file = join(folder, "small.gguf");
  await writeSparseGguf(file, entry, { quantization: QUANTIZATION });
  const model = await readModelFile(file);
  const hardware = await probeHardware();
  const coefficients = await loadSpeedCoefficients();
  const head =
    "slots | run | first token p50, replay | real | off | p95, replay | real | off | whole answer mean, replay | real | off | answered | others";
  console.log(`| ${head} |\n|${" --: |".repeat(head.split("|").length)}`);
  for (const level of values.levels.split(",").map(Number)) {
    const command = startCommand(
      [
        "serve",
        file,
        "--context",
        String(CONTEXT),
        "--concurrency",
        String(level),
        "--threads",
        values.threads,
        "--batch",
        "512",
      ],
      { env: { HOME: folder, QWQ_FIT_STATE_DIR: join(folder, `state-${level}`) } },
    );
    try {
      const planned = await command.until("plan");
      const ready = await command.until("ready");
      const url = String(ready["url"]);
      const plan = planned["plan"] as FitPlan;
      const settings = ready["settings"] as EngineSettings;
      const nodeWith = (
        requestCost: RequestCost,
        measured: ReadonlyMap<number, LocalMeasurement>,
      ): ReplayNode =>
        machineNode({
          label: "this machine",
          model,
          hardware,
          serving: { plan: { ...plan, ...settings }, slots: level, kvTokens: null, notes: [] },
          sizes: { promptTokens: 140, outputTokens: 27 },
          coefficients,
          measured,
          price: { kind: "own", hardwareUsd: 0, watts: null, usdPerKwh: 0, years: 3, sources: [] },
          power: null,
          requestCost,
        });
      const nodeSeen = (looks: readonly MachineLook[]): ReplayNode => {
        const measured = speedsOf(looks);
        const bare = nodeWith(NO_COST, measured);
        const cost = costSeen(looks, (request) => {
          const { firsts, totals } = replayed(bare, [request]);
          return { firstMs: firsts[0] ?? 0, totalMs: totals[0] ?? 0 };
        });
        if (values.json) {
          const rows = [...measured.values()].map((row) => [
            row.decodeMsPerToken,
            row.decodeMsPerCachedToken,
            row.prefillTokensPerSecond,
          ]);
          console.error(JSON.stringify({ level, settings, rows, cost }));
        }
        return nodeWith(cost, measured);
      };
      const looks: MachineLook[] = [];
      const look = async (): Promise<void> => {
        const salt = 9_000_000 + 1000 * looks.length;
        const singles = makeTrace(40, 1, 1, 9);
        looks.push(await lookAtMachine({ url, entry, plan, settings, singles, salt }));
      };
      // A server whose code is not compiled yet answers single requests more slowly than it does under load.
      const gapMs = (Number(values.seconds) * 1000) / Number(values.requests);
      await sent(url, makeTrace(WARM_UP, gapMs, 0.75, 5), 10 * level);
      await look();
      const before = nodeSeen(looks);
      // Sizes are scaled so that this many requests keep the server at this load for so long.
      let scale = 1;
      for (let i = 0; i < 8; i++) {
        const trial = makeTrace(2000, gapMs, scale, 7);
        const { busyMs, lastedMs } = replayed(before, trial);
        scale = Math.min(
          4,
          Math.max(0.1, scale * (Number(values.load) / (busyMs / lastedMs)) ** 0.7),
        );
      }
      const all: { readonly told: Waits; readonly was: Waits }[] = [];
      for (let run = 1; run <= Number(values.runs); run++) {
        const trace = makeTrace(Number(values.requests), gapMs, scale, 100 * level + run);
        const others = watchOthers(command.pid);
        const was = await sent(url, trace, 10 * level + run);
        const taken = others();
        await look();
        // The machine's own speed wanders within minutes: what was seen right before the run and right after it.
        const told = replayed(nodeSeen(looks.slice(-2)), trace);
        all.push({ told, was });
        const share = taken === null ? "–" : `${(100 * taken).toFixed(0)} %`;
        const answered = `${was.totals.length} of ${trace.length}`;
        console.log(`| ${[level, run, ...compared(told, was), answered, share].join(" | ")} |`);
      }
      const together = (of: (one: (typeof all)[number]) => Waits): Waits => ({
        firsts: all.flatMap((one) => of(one).firsts),
        totals: all.flatMap((one) => of(one).totals),
        lastedMs: 0,
      });
      const [told, was] = [together((one) => one.told), together((one) => one.was)];
      const answered = `${was.totals.length} of ${all.length * Number(values.requests)}`;
      console.log(`| ${[level, "all", ...compared(told, was), answered, ""].join(" | ")} |`);
    } finally {
      command.kill("SIGTERM");
      await command.ended;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
