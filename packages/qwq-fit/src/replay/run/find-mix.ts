import type { ReplayNode } from "../fleet/replay-node.ts";
import { lasting } from "../../view/numbers.ts";
import type { FoundReport, ServiceLevel, TriedMix } from "../replay-report.ts";
import { busiest } from "./busiest.ts";
import { monthlyCost, sumCosts, totalUsd } from "./cost.ts";
import { EXPECTED } from "./draws.ts";
import { type FleetInput, type FleetRun, runFleet } from "./run-fleet.ts";

/** One thing of which any number may be taken. */
export interface Choice {
  readonly name: string;
  readonly nodes: readonly ReplayNode[];
}

/** A mix as numbers of each choice. */
export interface Mix {
  readonly counts: readonly number[];
  readonly name: string;
  readonly nodes: readonly ReplayNode[];
}

export interface FindInput extends Omit<FleetInput, "nodes" | "from" | "to"> {
  readonly choices: readonly Choice[];
  readonly asked: ServiceLevel;
  readonly spanMs: number;
}

/** Of one choice at most so many are tried, and of all together. */
const MOST_OF_ONE = 8;
const MOST_NODES = 12;
/** Mixes that are looked at. */
const MOST_MIXES = 600;
/** Requests replayed for each mix: the busiest stretch of the trace, of this length. */
const STRETCH = 20_000;
/** Mixes that are told as nearly as good, or just not good enough. */
const TOLD = 20;

function nameOf(choices: readonly Choice[], counts: readonly number[]): string {
  return choices
    .flatMap(({ name }, i) => {
      const count = counts[i] ?? 0;
      return count === 0 ? [] : [count === 1 ? name : `${count} of ${name}`];
    })
    .join(" + ");
}

/** All mixes up to the limits. */
function mixesOf(choices: readonly Choice[]): Mix[] {
  const mixes: Mix[] = [];
  const most = choices.length > 3 ? 3 : MOST_OF_ONE;
  const add = (counts: number[], nodes: readonly ReplayNode[]): void => {
    const choice = choices[counts.length];
    if (choice === undefined) {
      if (nodes.length > 0) mixes.push({ counts, name: nameOf(choices, counts), nodes });
      return;
    }
    // A cloud has room for all: a second of it is none.
    const cloud = choice.nodes.every(({ price }) => price.kind === "tokens");
    for (let count = 0; count <= (cloud ? 1 : most); count++) {
      const more = Array.from({ length: count }, () => choice.nodes).flat();
      if (nodes.length + more.length > MOST_NODES) break;
      add([...counts, count], [...nodes, ...more]);
    }
  };
  add([], []);
  return mixes;
}

const dollars = (value: number): string => `$${value.toFixed(value < 10 ? 2 : 0)}`;

/** Why a run breaks the service level; null where it keeps it. */
export function brokenBy(run: FleetRun, asked: ServiceLevel): string | null {
  const rejected = (run.saturated + run.tooLong) / Math.max(1, run.arrived);
  if (rejected > asked.rejectedShare) {
    const why = run.tooLong > run.saturated ? "longer than its context" : "for want of room";
    return `${(100 * rejected).toFixed(1)} % are turned away, ${why}`;
  }
  const first = run.firstTokenMs.quantile(0.95);
  if (asked.p95FirstTokenMs !== null && !(first <= asked.p95FirstTokenMs)) {
    return `p95 of the first token is ${lasting(first)}`;
  }
  const answer = run.totalMs.quantile(0.95);
  if (asked.p95AnswerMs !== null && !(answer <= asked.p95AnswerMs)) {
    return `p95 of the answer is ${lasting(answer)}`;
  }
  return null;
}

/** What a mix costs at the least: what is paid whether it is used or not. */
function fixedUsd({ nodes }: Mix): number {
  const idle = {
    served: 0,
    promptTokens: 0,
    outputTokens: 0,
    usage: { busyMs: 0, onMs: 0, coldStarts: 0, preemptions: 0, reusedTokens: 0 },
  };
  return nodes.reduce((sum, { price, about }) => {
    const always = { ...idle, usage: { ...idle.usage, onMs: about.coldStartMs === null ? 1 : 0 } };
    return sum + totalUsd(monthlyCost(price, always, 1, 1));
  }, 0);
}

/** Each mix that is left when one node fails, one of each kind. */
function losses(nodes: readonly ReplayNode[]): { lost: string; left: ReplayNode[] }[] {
  const kinds = [...new Set(nodes.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const at = nodes.findIndex((node) => node.kind === kind);
    return { lost: kind, left: nodes.filter((_, i) => i !== at) };
  });
}

/**
 * The cheapest mix of the choices that keeps the service level at expected speeds, and why not a cheaper one. Mixes are
 * looked at by what they cost at the least, so that the search ends where no other can be cheaper.
 */
export function findMix(input: FindInput): {
  readonly report: FoundReport;
  readonly mix: Mix | null;
} {
  const { asked, choices, spanMs } = input;
  const part = busiest(input.store, STRETCH);
  // A month has as many requests as the whole trace would give it, however busy the stretch is.
  const partMs = (spanMs * (part.to - part.from)) / input.store.length;
  const whole = part.to - part.from === input.store.length;
  const mixes = mixesOf(choices)
    .map((mix) => ({ mix, least: fixedUsd(mix) }))
    .toSorted((a, b) => a.least - b.least);
  const looked = mixes.slice(0, MOST_MIXES);
  const tried: TriedMix[] = [];
  let best: { mix: Mix; usd: number } | null = null;
  for (const { mix, least } of looked) {
    if (best !== null && least >= best.usd) break;
    const run = runFleet({ ...input, ...part, nodes: mix.nodes }, EXPECTED);
    let fails = brokenBy(run, asked);
    if (fails === null && asked.availability === "1-node-loss") {
      for (const { lost, left } of losses(mix.nodes)) {
        const broken =
          left.length === 0
            ? "nothing is left"
            : brokenBy(runFleet({ ...input, ...part, nodes: left }, EXPECTED), asked);
        if (broken === null) continue;
        fails = `without ${lost}: ${broken}`;
        break;
      }
    }
    const usd = totalUsd(
      sumCosts(
        mix.nodes.flatMap((node, i) => {
          const did = run.nodes[i];
          return did === undefined ? [] : [monthlyCost(node.price, did, partMs, run.lastedMs)];
        }),
      ),
    );
    const p95 = run.firstTokenMs.quantile(0.95);
    tried.push({
      name: mix.name,
      costUsdPerMonth: usd,
      p95FirstTokenMs: Number.isNaN(p95) ? null : p95,
      rejectedShare: (run.saturated + run.tooLong) / Math.max(1, run.arrived),
      fails,
    });
    if (fails === null && (best === null || usd < best.usd)) best = { mix, usd };
  }
  const report: FoundReport = {
    asked,
    best: best?.mix.name ?? null,
    why: explain(tried, best, mixes.length, whole, part.to - part.from),
    tried: tried
      .toSorted(
        (a, b) =>
          Number(a.fails !== null) - Number(b.fails !== null) ||
          a.costUsdPerMonth - b.costUsdPerMonth,
      )
      .slice(0, TOLD),
  };
  return { report, mix: best?.mix ?? null };
}

function explain(
  tried: readonly TriedMix[],
  best: { readonly mix: Mix; readonly usd: number } | null,
  count: number,
  whole: boolean,
  requests: number,
): string[] {
  const where = whole ? "the whole trace" : `its busiest ${requests} requests`;
  const failed = tried.filter(({ fails }) => fails !== null);
  if (best === null) {
    const nearest = failed.toSorted(
      (a, b) => (a.p95FirstTokenMs ?? Infinity) - (b.p95FirstTokenMs ?? Infinity),
    )[0];
    return [
      `None of ${tried.length} mixes keeps it on ${where}.`,
      ...(nearest === undefined ? [] : [`Nearest is ${nearest.name}: ${nearest.fails}.`]),
    ];
  }
  const cheaper = failed
    .filter(({ costUsdPerMonth }) => costUsdPerMonth < best.usd)
    .toSorted((a, b) => b.costUsdPerMonth - a.costUsdPerMonth);
  const dearer = tried
    .filter((one) => one.fails === null && one.name !== best.mix.name)
    .toSorted((a, b) => a.costUsdPerMonth - b.costUsdPerMonth);
  return [
    `It costs ${dollars(best.usd)} a month and keeps the service level on ${where}, at expected speeds.`,
    ...cheaper
      .slice(0, 3)
      .map(
        ({ name, costUsdPerMonth, fails }) =>
          `Not ${name} (${dollars(costUsdPerMonth)}): ${fails}.`,
      ),
    ...dearer
      .slice(0, 2)
      .map(({ name, costUsdPerMonth }) => `${name} keeps it too, for ${dollars(costUsdPerMonth)}.`),
    `${tried.length} of ${count} mixes were replayed; the others cost more before their first request.`,
  ];
}
