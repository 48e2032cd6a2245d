import type { CheckReport, InstancePrice, SourcedNumber } from "@qwq-fit/schema";

/** What `cost` is told, or assumes. */
export interface CostInputs {
  readonly answersPerDay: number;
  /** What the machine costs; null where it is there anyway or nobody knows. */
  readonly hardwareUsd: number | null;
  readonly years: number;
  readonly electricity: SourcedNumber;
  /** Watts under load; null where nobody knows. */
  readonly watts: SourcedNumber | null;
}

/** One way to get the answers, by the same measures as the others. */
export interface CostRow {
  readonly where: string;
  readonly usdPerMillionTokens: number | null;
  readonly usdPerAnswer: number | null;
  readonly usdPerMonth: number | null;
  /** What the figure rests on. */
  readonly source: string;
  readonly unverified: boolean;
}

/** Local energy and hardware against each offer, for a stated daily use. */
export interface CostReport {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly inputs: CostInputs;
  readonly local: CostRow | null;
  readonly energyUsdPerAnswer: number | null;
  readonly hardwareUsdPerMonth: number | null;
  readonly clouds: readonly CostRow[];
  /** Rented machines by the month; whether one is fast enough is not in it. */
  readonly instances: readonly CostRow[];
  /** Answers a day from which the own machine is cheaper than the cheapest cloud; null where it never is. */
  readonly breakEvenAnswersPerDay: number | null;
  /** Answers that this machine could give in a day, working all of it. */
  readonly mostAnswersPerDay: number | null;
}

const DAYS_PER_MONTH = 365 / 12;
const HOURS_PER_MONTH = DAYS_PER_MONTH * 24;
const MS_PER_DAY = 24 * 3600 * 1000;

/**
 * The costs of a checked model.
 *
 * - energy of an answer: `watts / 1000 × hours of the answer × USD per kWh`
 * - hardware a month: `price / (years × 12)`
 * - cloud, an answer: `prompt × input price + (thinking + answer) × output price`
 * - break-even: `hardware a day / (cloud an answer − energy of an answer)`
 */
export function createCostReport(
  report: CheckReport,
  inputs: CostInputs,
  instances: readonly InstancePrice[],
): CostReport {
  const { choice, workload } = report;
  const output = workload.reasoningTokens + workload.answerTokens;
  const perMonth = inputs.answersPerDay * DAYS_PER_MONTH;
  const answerMs = choice?.timeToAnswerMs.expected ?? null;
  const energy =
    answerMs === null || inputs.watts === null
      ? null
      : (inputs.watts.value / 1000) * (answerMs / 3_600_000) * inputs.electricity.value;
  const hardwareMonth =
    inputs.hardwareUsd === null ? null : inputs.hardwareUsd / (inputs.years * 12);
  const localMonth = energy === null ? null : energy * perMonth + (hardwareMonth ?? 0);
  const local: CostRow | null =
    choice === null
      ? null
      : {
          where: "this machine",
          usdPerMillionTokens:
            energy === null ? null : ((localMonth ?? 0) / perMonth / output) * 1e6,
          usdPerAnswer: localMonth === null ? null : localMonth / perMonth,
          usdPerMonth: localMonth,
          source: `${inputs.watts?.source ?? "watts are not known"}; ${inputs.electricity.source}`,
          unverified: inputs.watts?.unverified === true || inputs.electricity.unverified === true,
        };
  const clouds = report.cloud
    .filter((offer) => offer.holdsWorkload)
    .map((offer) => ({
      where: `${offer.provider}: ${offer.model}`,
      usdPerMillionTokens: (offer.usdPerAnswer / output) * 1e6,
      usdPerAnswer: offer.usdPerAnswer,
      usdPerMonth: offer.usdPerAnswer * perMonth,
      source: offer.source,
      unverified: offer.unverified,
    }));
  const cheapest = clouds[0]?.usdPerAnswer ?? null;
  const gain = cheapest === null || energy === null ? null : cheapest - energy;
  return {
    schemaVersion: 1,
    model: report.model.id,
    inputs,
    local,
    energyUsdPerAnswer: energy,
    hardwareUsdPerMonth: hardwareMonth,
    clouds,
    instances: instances.map((one) => ({
      where: one.instance,
      usdPerMillionTokens: null,
      usdPerAnswer: null,
      usdPerMonth: one.usdPerHour * HOURS_PER_MONTH,
      source: one.source,
      unverified: one.unverified,
    })),
    breakEvenAnswersPerDay:
      gain === null || gain <= 0 ? null : (hardwareMonth ?? 0) / DAYS_PER_MONTH / gain,
    mostAnswersPerDay:
      answerMs === null || choice === null ? null : (MS_PER_DAY / answerMs) * choice.sequences,
  };
}
