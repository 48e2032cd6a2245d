import { setImmediate } from "node:timers/promises";
import { DEFAULT_POLICY, DEFAULT_WORKLOAD, QwqError } from "@qwq-fit/schema";
import type { Workload } from "@qwq-fit/schema";
import type { FoundModel } from "../model/read-model.ts";
import { lasting } from "../view/numbers.ts";
import { cloudOffers } from "../report/cloud-offers.ts";
import { type BuildContext, buildOption } from "./fleet/build-nodes.ts";
import type { ReplayOption } from "./fleet/parse-option.ts";
import type { ReplayNode } from "./fleet/replay-node.ts";
import type {
  FleetReport,
  FoundReport,
  ReplayReport,
  ServiceLevel,
  UnfitOption,
} from "./replay-report.ts";
import { breakEven } from "./run/cost.ts";
import { busiest } from "./run/busiest.ts";
import { EXPECTED } from "./run/draws.ts";
import { runFleet } from "./run/run-fleet.ts";
import { findMix } from "./run/find-mix.ts";
import type { DrawCount } from "./run/draws.ts";
import { type MeasureInput, measureFleet } from "./run/measure-fleet.ts";
import { traceFacts, type TraceFacts } from "./trace/trace-facts.ts";
import type { Trace } from "./trace/read-trace.ts";
import { replayAssumptions } from "./assumptions.ts";

/** What {@link replay} is made of. */
export interface ReplayInput {
  readonly trace: Trace;
  readonly model: FoundModel;
  readonly options: readonly ReplayOption[];
  readonly policy: ReplayReport["policy"];
  readonly seed: number;
  readonly build: Omit<BuildContext, "model" | "offers" | "workload" | "sizes" | "trial">;
  /** Null: as long as the longest request. */
  readonly contextTokens: number | null;
  /** What `--find` is to keep; null: nothing is looked for. */
  readonly find: ServiceLevel | null;
}

/** A fleet to be replayed. */
export interface Fleet {
  readonly name: string;
  readonly kind: FleetReport["kind"];
  readonly nodes: readonly ReplayNode[];
}

const DAYS_PER_MONTH = 365 / 12;
const MONTH_MS = DAYS_PER_MONTH * 24 * 3_600_000;
/** Contexts are asked for in steps of llama.cpp's padding (llama.cpp v0.5.0 src/llama-context.cpp: n_ctx is padded to 256). */
const CONTEXT_STEP = 256;

/** Fewer draws for long traces: a million requests stay under a minute. */
const drawsFor = (requests: number): DrawCount => (requests > 20_000 ? 9 : 19);

/** The context that all requests fit in, or the longest that the model was made for. */
function contextOf(input: ReplayInput, facts: TraceFacts): number {
  const most = input.model.profile.extendedContextTokens ?? input.model.profile.contextTokens;
  const needed = Math.ceil((facts.longestTokens + 1) / CONTEXT_STEP) * CONTEXT_STEP;
  return input.contextTokens ?? Math.min(most, Math.max(2048, needed));
}

/** Requests of the busiest stretch on which numbers of slots are compared. */
const TRIAL = 2000;

/** Mean time of an answer, and an hour for each request that is turned away, ms. */
function sufferingOf(node: ReplayNode, measure: MeasureInput): number {
  const run = runFleet({ ...measure, ...busiest(measure.store, TRIAL), nodes: [node] }, EXPECTED);
  const rejected = run.saturated + run.tooLong;
  const answered = run.answered === 0 ? 0 : run.totalMs.mean * run.answered;
  return (answered + rejected * 3_600_000) / Math.max(1, run.arrived);
}

/** Says where a found mix's range reaches beyond what was asked. */
function withRange(found: FoundReport, reports: readonly FleetReport[]): FoundReport {
  const wait = reports.find(({ name }) => name === found.best)?.timeToFirstTokenMs?.p95;
  const most = found.asked.p95FirstTokenMs;
  if (wait === undefined || most === null || wait.high <= most) return found;
  const text = `Its p95 of the first token may be up to ${lasting(wait.high)}: at the slow end of its range it does not keep it.`;
  return { ...found, why: [...found.why, text] };
}

/** The trace over each option and over all of them together. */
export async function replay(input: ReplayInput): Promise<ReplayReport> {
  const { trace, model, policy, seed } = input;
  const facts = traceFacts(trace);
  const workload: Workload = {
    promptTokens: facts.sizes.promptTokens,
    reasoningTokens: facts.middleReasoningTokens,
    answerTokens: Math.max(1, facts.sizes.outputTokens - facts.middleReasoningTokens),
    contextTokens: contextOf(input, facts),
    concurrency: DEFAULT_WORKLOAD.concurrency,
  };
  const offers = cloudOffers(model.profile, model.entry, workload, input.build.catalog.tokenPrices);
  const measure: MeasureInput = {
    store: trace.store,
    policy: { ...DEFAULT_POLICY, objective: policy },
    meanOutputTokens: facts.mean.reasoningTokens + facts.mean.answerTokens,
    spanMs: facts.spanMs,
    draws: drawsFor(trace.store.length),
    seed,
  };
  const context: BuildContext = {
    ...input.build,
    model,
    offers,
    workload,
    sizes: facts.sizes,
    trial: (node) => sufferingOf(node, measure),
  };
  const fleets: Fleet[] = [];
  const unfit: UnfitOption[] = [];
  for (const option of input.options) {
    // One after the other: planning takes the processor.
    // oxlint-disable-next-line no-await-in-loop
    const built = await buildOption(option, context);
    if (built.kind === "unfit") {
      unfit.push({ name: option.text, message: built.message, shortfall: built.shortfall });
      continue;
    }
    fleets.push({
      name: option.text,
      kind: option.parts.length > 1 ? "mix" : "option",
      nodes: built.nodes,
    });
  }
  if (fleets.length > 1 && input.find === null) {
    const nodes = fleets.flatMap((fleet) => fleet.nodes);
    fleets.push({ name: fleets.map(({ name }) => name).join(" + "), kind: "mix", nodes });
  }
  const requestsPerMonth = (trace.store.length * MONTH_MS) / facts.spanMs;
  const meanUsd = (offer: (typeof offers)[number]): number =>
    (facts.mean.promptTokens * offer.inputUsdPerMillionTokens +
      (facts.mean.reasoningTokens + facts.mean.answerTokens) * offer.outputUsdPerMillionTokens) /
    1e6;
  const cheapest = offers
    .filter(({ holdsWorkload }) => holdsWorkload)
    .toSorted((a, b) => meanUsd(a) - meanUsd(b))[0];
  const reports: FleetReport[] = [];
  const found =
    input.find === null
      ? null
      : findMix({ ...measure, choices: fleets, asked: input.find, spanMs: facts.spanMs });
  if (
    found !== null &&
    found.mix !== null &&
    !fleets.some(({ name }) => name === found.report.best)
  ) {
    fleets.unshift({ name: found.mix.name, kind: "mix", nodes: found.mix.nodes });
  }
  for (const fleet of fleets) {
    // oxlint-disable-next-line no-await-in-loop -- room for a timer and a signal
    await setImmediate();
    const report = measureFleet(fleet.name, fleet.kind, fleet.nodes, measure);
    const bought = fleet.nodes.map(({ price }) => (price.kind === "own" ? price.hardwareUsd : 0));
    const purchase = bought.some((usd) => usd === null)
      ? null
      : bought.reduce<number>((sum, usd) => sum + (usd ?? 0), 0);
    reports.push({
      ...report,
      breakEven:
        cheapest === undefined
          ? null
          : breakEven(report.cost, purchase, requestsPerMonth, {
              name: `${cheapest.provider}: ${cheapest.model}`,
              usdPerMonth: meanUsd(cheapest) * requestsPerMonth,
            }),
    });
  }
  if (reports.length === 0 && unfit.length === 0) {
    throw new QwqError("usage", "nothing to replay on", { hint: 'Name it: --on "RTX 4090".' });
  }
  return {
    schemaVersion: 1,
    model: model.profile.id,
    policy,
    seed,
    draws: measure.draws,
    trace: {
      source: trace.source,
      formats: trace.formats,
      lines: trace.lines,
      requests: trace.store.length,
      spanMs: facts.spanMs,
      startedAt: facts.startedAt,
      unordered: trace.unordered,
      mean: facts.mean,
      longestTokens: facts.longestTokens,
      faults: trace.faults,
      notes: trace.notes,
    },
    options: reports,
    unfit,
    found: found === null ? null : withRange(found.report, reports),
    assumptions: replayAssumptions(input, fleets, facts),
  };
}
