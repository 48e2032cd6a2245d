import type { SourcedNumber } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import type { CostOptions } from "../options/cost-options.ts";
import { type CostReport, type CostRow, createCostReport } from "../report/cost-report.ts";
import { PRICES_DATE } from "../deploy/sagemaker/sagemaker-report.ts";
import { short, usd, whole } from "../view/numbers.ts";
import { createReport } from "./create-report.ts";
import { sagemakerReport } from "./plan-sagemaker.ts";

const told = (value: number | undefined, source: string): SourcedNumber | null =>
  value === undefined ? null : { value, source };

/** Clouds and instances shown to a person; `--json` has all. */
const SHOWN = 5;
const INSTANCES_SHOWN = 2;

/** `cost`: this machine's energy and price against each cloud, for a stated daily use. */
export async function cost(options: CostOptions, io: CommandIo): Promise<number> {
  const catalog = await loadCatalog();
  const report = await createReport(options, io);
  const { hardware } = report;
  const wish = { container: "vllm", region: "us-east-1", maximumCopies: 1, budgetUsd: 0 } as const;
  const { report: rented } = await sagemakerReport(options, wish, io);
  const costs = createCostReport(
    report,
    {
      answersPerDay: options.answersPerDay,
      hardwareUsd: options.hardwarePrice ?? hardware.priceUsd?.value ?? null,
      years: options.years,
      electricity: told(options.electricity, "--electricity") ?? catalog.electricityUsdPerKwh,
      watts: told(options.watts, "--watts") ?? hardware.power.loadWatts,
    },
    { sagemaker: rented.offers, sagemakerDate: PRICES_DATE, tokens: catalog.tokenPrices },
  );
  io.out(options.json === true ? `${JSON.stringify(costs)}\n` : view(costs));
  return report.fits ? EXIT.fits : EXIT.doesNotFit;
}

const cell = (value: number | null, width: number): string =>
  (value === null ? "?" : usd(value)).padStart(width);

const line = (row: CostRow): string =>
  `  ${row.where.slice(0, 28).padEnd(29)}${cell(row.usdPerMillionTokens, 11)}${cell(row.usdPerAnswer, 11)}` +
  `${cell(row.usdPerMonth, 11)}${row.unverified ? "  *" : ""}`;

/** What an instance would cost if it never waited. */
const busyLine = ({ sagemaker }: CostReport): readonly string[] => {
  const [first] = sagemaker;
  if (first === undefined) return ["SageMaker  no instance of the list holds it"];
  const { where, usdPerHour, usdPerMillionTokensBusy, enough } = first;
  return [
    `SageMaker  ${where.replace("SageMaker ", "")} is ${usd(usdPerHour)} an hour: ` +
      `${usd(usdPerMillionTokensBusy)} a million tokens if it is never idle` +
      (enough ? "" : "; it is too slow for so many answers"),
  ];
};

function view(costs: CostReport): string {
  const { inputs, local, energyUsdPerAnswer, hardwareUsdPerMonth, breakEvenAnswersPerDay } = costs;
  const lines = [
    `${costs.model}, ${whole(inputs.answersPerDay)} answers with thinking a day`,
    "",
    `${"".padEnd(31)}${"1M tokens".padStart(11)}${"an answer".padStart(11)}${"a month".padStart(11)}`,
    ...(local === null ? ["  this machine: it does not fit"] : [line(local)]),
    ...costs.clouds.slice(0, SHOWN).map(line),
    ...costs.sagemaker.slice(0, INSTANCES_SHOWN).map(line),
    "",
    energyUsdPerAnswer === null
      ? "Energy     not known: say --watts under load"
      : `Energy     ${usd(energyUsdPerAnswer)} an answer at ${short(inputs.watts?.value ?? 0)} W, ${usd(inputs.electricity.value)} a kWh`,
    hardwareUsdPerMonth === null
      ? "Hardware   counted as there anyway; or say --hardware-price"
      : `Hardware   ${usd(hardwareUsdPerMonth)} a month over ${short(inputs.years)} years`,
    ...busyLine(costs),
    breakEvenAnswersPerDay === null
      ? "Break-even none: the cheapest cloud costs less than the energy, or something is not known"
      : `Break-even from ${short(breakEvenAnswersPerDay)} answers a day`,
    ...(costs.mostAnswersPerDay === null
      ? []
      : [`At most    ${short(costs.mostAnswersPerDay)} answers a day on this machine`]),
    "",
    "* from memory, unverified. Prices are dated; --json names each source.",
    "",
  ];
  return lines.join("\n");
}
