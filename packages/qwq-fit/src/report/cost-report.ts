import type { CheckReport, SagemakerOffer, SourcedNumber, TokenPrice } from "@qwq-fit/schema";

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
  /** What the figure rests on, and when its price was read; null where its source does not say. */
  readonly source: string;
  readonly date: string | null;
  readonly unverified: boolean;
}

/** An instance is paid by the hour, busy or not. */
export interface SagemakerRow extends CostRow {
  readonly usdPerHour: number;
  /** A million generated tokens while it is kept busy with as many sequences as were planned. */
  readonly usdPerMillionTokensBusy: number;
  /** Answers with thinking a month that it can give; more than `answersPerDay` asks for, or it is too slow. */
  readonly mostAnswersPerMonth: number;
  /** It gives what is asked for. */
  readonly enough: boolean;
}

/** Prices that a report is held against. */
export interface CostPrices {
  readonly sagemaker: readonly SagemakerOffer[];
  /** When the prices of instances were collected. */
  readonly sagemakerDate: string;
  /** Rows that the clouds' offers were made of, for their dates. */
  readonly tokens: readonly TokenPrice[];
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
  /** SageMaker instances that hold the model, cheapest hour first. */
  readonly sagemaker: readonly SagemakerRow[];
  /** Answers a day from which the own machine is cheaper than the cheapest cloud; null where it never is. */
  readonly breakEvenAnswersPerDay: number | null;
  /** Answers that this machine could give in a day, working all of it. */
  readonly mostAnswersPerDay: number | null;
}

const DAYS_PER_MONTH = 365 / 12;
const MS_PER_DAY = 24 * 3600 * 1000;
const SECONDS_PER_MONTH = DAYS_PER_MONTH * 24 * 3600;

const dateOf = (tokens: readonly TokenPrice[], provider: string, model: string): string | null =>
  tokens.find((price) => price.provider === provider && price.model === model)?.date ?? null;

/**
 * What an instance costs that stands all month: an answer is the month over the answers that are asked for, and a
 * million tokens likewise; busy without a pause it is the hour over its tokens.
 */
function sagemakerRow(
  offer: SagemakerOffer,
  date: string,
  output: number,
  perMonth: number,
): SagemakerRow | null {
  const { tokensPerSecond, usdPerMillionTokens, usdPerMonth, usdPerHour } = offer;
  if (!offer.fits || tokensPerSecond === null || usdPerMillionTokens === null) return null;
  const mostAnswersPerMonth = (tokensPerSecond.expected * SECONDS_PER_MONTH) / output;
  return {
    where: `SageMaker ${offer.instance}`,
    usdPerHour: usdPerHour.value,
    usdPerMillionTokens: (usdPerMonth / perMonth / output) * 1e6,
    usdPerMillionTokensBusy: usdPerMillionTokens.expected,
    usdPerAnswer: usdPerMonth / perMonth,
    usdPerMonth,
    mostAnswersPerMonth,
    enough: mostAnswersPerMonth >= perMonth,
    source: usdPerHour.source,
    date,
    unverified: usdPerHour.unverified === true,
  };
}

/**
 * The costs of a checked model.
 *
 * - energy of an answer: `watts / 1000 × hours of the answer × USD per kWh`
 * - hardware a month: `price / (years × 12)`
 * - cloud, an answer: `prompt × input price + (thinking + answer) × output price`
 * - SageMaker: `USD an hour × 730` a month, over the answers that are asked for
 * - break-even: `hardware a day / (cloud an answer − energy of an answer)`
 */
export function createCostReport(
  report: CheckReport,
  inputs: CostInputs,
  prices: CostPrices,
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
          date: null,
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
      date: dateOf(prices.tokens, offer.provider, offer.model),
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
    sagemaker: prices.sagemaker
      .map((offer) => sagemakerRow(offer, prices.sagemakerDate, output, perMonth))
      .filter((row) => row !== null),
    breakEvenAnswersPerDay:
      gain === null || gain <= 0 ? null : (hardwareMonth ?? 0) / DAYS_PER_MONTH / gain,
    mostAnswersPerDay:
      answerMs === null || choice === null ? null : (MS_PER_DAY / answerMs) * choice.sequences,
  };
}
