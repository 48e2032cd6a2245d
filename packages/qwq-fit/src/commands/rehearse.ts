import {
  rehearse,
  settingsFromPlan,
  type EngineSettings,
  type RehearsalResult,
} from "@qwq-fit/engine";
import { planFit } from "@qwq-fit/planner";
import { type FitPlan, type LocalMeasurement, QwqError } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { probeHardware } from "../hardware/probe-hardware.ts";
import { askPerson } from "../local/ask.ts";
import { prepareEngine } from "../local/find-binding.ts";
import { createTeller } from "../local/teller.ts";
import { DEFAULT_MODEL, findModel } from "../model/find-model.ts";
import { findAndReadModel } from "../model/read-model.ts";
import type { RehearseCommandOptions } from "../options/rehearse-options.ts";
import { driverOf, machineOf } from "../rehearse/machine.ts";
import { keepMeasurement } from "../rehearse/measurement-file.ts";
import { answerMs, tune } from "../rehearse/tune.ts";
import { short } from "../view/numbers.ts";
import { planOptionsOf, workloadOf } from "./workload-options.ts";

const settingsText = (settings: EngineSettings): string =>
  `${settings.threads} threads, batch ${settings.batchTokens}, flash attention ${settings.flashAttention ? "on" : "off"}`;

/** `rehearse`: the true speed of a model here, from sparse files of its layout; kept for `check` and `serve`. */
export async function rehearseCommand(
  options: RehearseCommandOptions,
  io: CommandIo,
): Promise<number> {
  const teller = createTeller(options.json === true, io);
  const catalog = await loadCatalog();
  const entry = findModel(options.model ?? DEFAULT_MODEL, catalog.models);
  const [hardware, { profile: model }, planOptions] = await Promise.all([
    probeHardware({ catalog }),
    findAndReadModel(entry.id, { catalog, environment: io.environment }),
    planOptionsOf(options, catalog),
  ]);
  const workload = workloadOf(options);
  const answer = planFit(model, hardware, workload, planOptions);
  const plan = answer.plans.find(({ engine }) => engine === "node-llama-cpp");
  if (plan === undefined) {
    throw new QwqError("does_not_fit", `${entry.name} has no plan for the built-in engine here`, {
      hint: "See `qwq-fit plan`, or rehearse a smaller quantization or model.",
    });
  }
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  try {
    const ask = askPerson(options);
    const engine = await prepareEngine(plan, { ask, teller, io, signal: stop.signal });
    const request = {
      entry,
      quantization: plan.quantization,
      settings: settingsFromPlan(plan),
      engine: { bindingFolder: engine.bindingFolder, engineVersion: engine.version },
      concurrency: workload.concurrency,
      signal: stop.signal,
      onProgress: ({
        step,
        blocks,
        done,
        total,
      }: {
        step: string;
        blocks: number;
        done: number;
        total: number;
      }) =>
        teller.progress(
          "rehearsing",
          { step, blocks, done, total },
          `Rehearsing ${entry.name} cut to ${blocks} blocks: ${step} (${done + 1} of ${total})`,
        ),
    };
    let settings = request.settings;
    let result: RehearsalResult;
    if (options.tune === true) {
      const tuned = await tune(request, hardware, workload, (tried, got, best) =>
        teller.event(
          "tried",
          {
            settings: tried,
            decodeMsPerToken: got.decodeMsPerToken,
            prefillTokensPerSecond: got.prefillTokensPerSecond,
            best,
          },
          `${best ? "better" : "tried "}  ${settingsText(tried)}: ${short(1000 / got.decodeMsPerToken)} tokens/s, reads ${short(got.prefillTokensPerSecond)}/s`,
        ),
      );
      ({ settings, result } = tuned);
    } else result = await rehearse(request);
    const row = rowOf(plan, settings, result, machineOf(hardware), driverOf(hardware));
    const file = await keepMeasurement(row, io.environment);
    teller.clear();
    tell(options, io, {
      row,
      result,
      file,
      answerSeconds: answerMs(result, workload) / 1000,
      label: hardware.cpu.name,
    });
    return EXIT.fits;
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}

function rowOf(
  plan: FitPlan,
  settings: EngineSettings,
  result: RehearsalResult,
  machine: string,
  driver: string | null,
): LocalMeasurement {
  return {
    schemaVersion: 1,
    method: "rehearsed",
    model: plan.model,
    quantization: plan.quantization,
    engine: plan.engine,
    engineVersion: plan.engineVersion,
    backend: plan.backend,
    driver,
    machine,
    settings: {
      threads: settings.threads,
      batchTokens: settings.batchTokens,
      mmap: settings.mmap,
      kvCacheType: settings.kvCacheType,
      flashAttention: settings.flashAttention,
      offloadedLayers: settings.offloadedLayers,
      sequences: settings.sequences,
    },
    decodeMsPerToken: result.decodeMsPerToken,
    decodeMsPerCachedToken: result.decodeMsPerCachedToken,
    prefillTokensPerSecond: result.prefillTokensPerSecond,
    relativeError: result.relativeError,
    takenAt: new Date().toISOString(),
  };
}

interface Told {
  readonly row: LocalMeasurement;
  readonly result: RehearsalResult;
  readonly file: string;
  readonly answerSeconds: number;
  readonly label: string;
}

function tell(options: RehearseCommandOptions, io: CommandIo, told: Told): void {
  const { row, result, file, answerSeconds, label } = told;
  if (options.share === true) {
    io.out(`${JSON.stringify(sharedRow(row, label), null, 2)}\n`);
    return;
  }
  if (options.json === true) {
    io.out(
      `${JSON.stringify({ event: "rehearsed", measurement: row, samples: result.samples, cuts: result.cuts, elapsedMs: result.elapsedMs, diskBytes: result.diskBytes, answerSeconds, file })}\n`,
    );
    return;
  }
  const percent = (100 * result.relativeError).toFixed(0);
  const cuts = result.cuts.cuts.join(" and ");
  io.out(
    [
      `${row.model} ${row.quantization}, rehearsed on ${row.backend}`,
      `Decode   ${short(1000 / row.decodeMsPerToken)} tokens/s (±${percent} %)`,
      `         ${short(result.blockMs)} ms a block, ${short(result.restMs)} ms for the rest`,
      `Prefill  ${short(row.prefillTokensPerSecond)} tokens/s`,
      `Answer   ${short(answerSeconds / 60)} min with thinking`,
      `From     files of ${cuts} of ${result.cuts.blocks} blocks, in ${short(result.elapsedMs / 1000)} s`,
      `Kept     ${file}`,
      "         check and serve use it from now on",
      "",
    ].join("\n"),
  );
}

/** The row as profiles/measurements has it, for a pull request; what only the sender knows is left to fill in. */
function sharedRow(row: LocalMeasurement, label: string): object {
  return {
    id: `${row.machine}-${row.quantization}`.toLowerCase(),
    hardware: label,
    count: 1,
    model: row.model,
    quantization: row.quantization,
    engine: `${row.engine} ${row.engineVersion}`,
    backend: row.backend,
    contextTokens: 0,
    promptTokensPerSecond: row.prefillTokensPerSecond,
    decodeTokensPerSecond: 1000 / row.decodeMsPerToken,
    metric: "qwq-fit rehearse",
    fullyOffloaded: row.settings.offloadedLayers > 0,
    watts: null,
    weightBytesPerToken: null,
    grade: "B",
    date: row.takenAt.slice(0, 10),
    source: "qwq-fit rehearse --share",
    note: null,
  };
}
