import type { Estimate } from "@qwq-fit/schema";
import type { Histogram } from "@qwq-fit/simulation";
import type { ReplayNode } from "../fleet/replay-node.ts";
import type { FleetReport, HourReport, NodeReport, WaitEstimate } from "../replay-report.ts";
import { monthlyCost, sumCosts, totalUsd } from "./cost.ts";
import { type DrawCount, drawFactors, estimateOf, EXPECTED } from "./draws.ts";
import { type FleetInput, type FleetRun, namesOf, runFleet } from "./run-fleet.ts";

/** Requests up to which every draw replays the whole trace; longer traces are drawn in parts. */
const WHOLE = 100_000;
/** Parts of a long trace in which draws are made, evenly apart, and requests in each. */
const PARTS = 10;
const PART = 5000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PERCENTS = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);

/** What every fleet of a replay shares. */
export interface MeasureInput extends Omit<FleetInput, "nodes" | "from" | "to"> {
  readonly spanMs: number;
  readonly draws: DrawCount;
  readonly seed: number;
}

/** The figures of a run of which a range is told. */
interface Figures {
  readonly values: Readonly<Record<FigureName, number>>;
}
type FigureName =
  | "first50"
  | "first95"
  | "firstMean"
  | "total50"
  | "total95"
  | "totalMean"
  | "rejected"
  | "cost";

const costOf = (
  run: FleetRun,
  nodes: readonly ReplayNode[],
  spanMs: number,
): ReturnType<typeof sumCosts> =>
  sumCosts(
    nodes.flatMap((node, i) => {
      const did = run.nodes[i];
      return did === undefined ? [] : [monthlyCost(node.price, did, spanMs, run.lastedMs)];
    }),
  );

const figuresOf = (
  run: FleetRun,
  nodes: readonly ReplayNode[],
  spanMs: number,
): Figures["values"] => ({
  first50: run.firstTokenMs.quantile(0.5),
  first95: run.firstTokenMs.quantile(0.95),
  firstMean: run.firstTokenMs.mean,
  total50: run.totalMs.quantile(0.5),
  total95: run.totalMs.quantile(0.95),
  totalMean: run.totalMs.mean,
  rejected: (run.saturated + run.tooLong) / Math.max(1, run.arrived),
  cost: totalUsd(costOf(run, nodes, spanMs)),
});

/** Draws over the whole trace, or over parts of it, as ratios to the same parts at expected speeds. */
function drawn(
  nodes: readonly ReplayNode[],
  input: MeasureInput,
  whole: Figures["values"],
): Figures["values"][] {
  const { store, spanMs, draws, seed } = input;
  const factors = drawFactors(nodes, draws, seed);
  if (store.length <= WHOLE) {
    return factors.map((draw) => figuresOf(runFleet({ ...input, nodes }, draw), nodes, spanMs));
  }
  const starts = Array.from({ length: PARTS }, (_, i) =>
    Math.floor((i * (store.length - PART)) / (PARTS - 1)),
  );
  const meanOf = (draw: (typeof factors)[number]): Figures["values"] => {
    const parts = starts.map((from) => {
      const part = { ...input, nodes, from, to: from + PART };
      return figuresOf(runFleet(part, draw), nodes, (spanMs * PART) / store.length);
    });
    const mean = (name: FigureName): number =>
      parts.reduce((sum, part) => sum + part[name], 0) / parts.length;
    return mapFigures(whole, mean);
  };
  const expected = meanOf(EXPECTED);
  return factors.map((draw) => {
    const got = meanOf(draw);
    return mapFigures(whole, (name) => {
      // Shares are apart, not in proportion: from none to some there is no ratio.
      if (name === "rejected") return Math.max(0, whole[name] + got[name] - expected[name]);
      return expected[name] > 0 ? (whole[name] * got[name]) / expected[name] : whole[name];
    });
  });
}

function mapFigures(of: Figures["values"], value: (name: FigureName) => number): Figures["values"] {
  return {
    ...of,
    first50: value("first50"),
    first95: value("first95"),
    firstMean: value("firstMean"),
    total50: value("total50"),
    total95: value("total95"),
    totalMean: value("totalMean"),
    rejected: value("rejected"),
    cost: value("cost"),
  };
}

function hoursOf(run: FleetRun, spanMs: number): HourReport[] {
  const days = Math.max(1, spanMs / DAY_MS);
  return run.hours.map(({ arrivals, rejected, totalMs, firstTokenMs }, hour) => {
    const p95 = firstTokenMs.quantile(0.95);
    return {
      hour,
      arrivals,
      rejected,
      inSystem: totalMs / HOUR_MS / days,
      p95FirstTokenMs: Number.isNaN(p95) ? null : p95,
    };
  });
}

const percents = (histogram: Histogram): number[] =>
  histogram.count === 0 ? [] : PERCENTS.map((q) => Number(histogram.quantile(q).toPrecision(4)));

/** A fleet's report, without its break-even, which needs the other fleets. */
export function measureFleet(
  name: string,
  kind: FleetReport["kind"],
  nodes: readonly ReplayNode[],
  input: MeasureInput,
): Omit<FleetReport, "breakEven"> {
  const { spanMs } = input;
  const run = runFleet({ ...input, nodes }, EXPECTED);
  const whole = figuresOf(run, nodes, spanMs);
  const others = drawn(nodes, input, whole);
  const estimate = (figure: FigureName): Estimate =>
    estimateOf(
      whole[figure],
      others.map((one) => one[figure]),
    );
  const wait = (p50: FigureName, p95: FigureName, mean: FigureName): WaitEstimate | null =>
    run.answered === 0 ? null : { p50: estimate(p50), p95: estimate(p95), mean: estimate(mean) };
  const share = estimate("rejected");
  const times = (factor: number): Estimate => ({
    ...share,
    low: Math.round(share.low * factor),
    expected: Math.round(share.expected * factor),
    high: Math.round(share.high * factor),
  });
  const names = namesOf(nodes);
  const lastedMs = Math.max(run.lastedMs, spanMs);
  const reports = nodes.map((node, i): NodeReport => {
    const did = run.nodes[i];
    if (did === undefined) throw new RangeError("a node without a run");
    return {
      name: names[i] ?? node.label,
      ...node.about,
      answered: did.served,
      busyShare: did.usage.busyMs / lastedMs,
      onShare: node.about.coldStartMs === null ? 1 : Math.min(1, did.usage.onMs / lastedMs),
      coldStarts: did.usage.coldStarts,
      preemptions: did.usage.preemptions,
      reusedPromptTokens: did.usage.reusedTokens,
      costUsdPerMonth: monthlyCost(node.price, did, spanMs, run.lastedMs),
      costSources: node.price.sources,
    };
  });
  const unknownCosts = reports.flatMap(({ name: one, costUsdPerMonth: part }) => [
    ...(part.hardwareUsd === null ? [`price of ${one}`] : []),
    ...(part.energyUsd === null ? [`watts of ${one}`] : []),
  ]);
  return {
    name,
    kind,
    nodes: reports,
    arrived: run.arrived,
    answered: run.answered,
    inSystem: run.arrived - run.answered - run.saturated - run.tooLong,
    rejected: { count: times(run.arrived), share, saturated: run.saturated, tooLong: run.tooLong },
    timeToFirstTokenMs: wait("first50", "first95", "firstMean"),
    timeToAnswerMs: wait("total50", "total95", "totalMean"),
    costUsdPerMonth: estimate("cost"),
    cost: costOf(run, nodes, spanMs),
    unknownCosts,
    hours: hoursOf(run, spanMs),
    firstTokenMsByPercent: percents(run.firstTokenMs),
    answerMsByPercent: percents(run.totalMs),
  };
}
