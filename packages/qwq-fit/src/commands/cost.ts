import type { SourcedNumber } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import type { CostOptions } from "../options/cost-options.ts";
import { type CostReport, type CostRow, createCostReport } from "../report/cost-report.ts";
import { short, usd, whole } from "../view/numbers.ts";
import { createReport } from "./create-report.ts";

const told = (value: number | undefined, source: string): SourcedNumber | null =>
  value === undefined ? null : { value, source };

/** Clouds shown to a person; `--json` has all. */
const SHOWN = 5;

/** `cost`: this machine's energy and price against each cloud, for a stated daily use. */
export async function cost(options: CostOptions, io: CommandIo): Promise<number> {
  const catalog = await loadCatalog();
  const report = await createReport(options, io);
  const { hardware } = report;
  const costs = createCostReport(
    report,
    {
      answersPerDay: options.answersPerDay,
      hardwareUsd: options.hardwarePrice ?? hardware.priceUsd?.value ?? null,
      years: options.years,
      electricity: told(options.electricity, "--electricity") ?? catalog.electricityUsdPerKwh,
      watts: told(options.watts, "--watts") ?? hardware.power.loadWatts,
    },
    catalog.instancePrices,
  );
  io.out(options.json === true ? `${JSON.stringify(costs)}\n` : view(costs));
  return report.fits ? EXIT.fits : EXIT.doesNotFit;
}

const line = ({ where, usdPerAnswer, usdPerMonth, unverified }: CostRow): string => {
  const answer = usdPerAnswer === null ? "?" : usd(usdPerAnswer);
  const month = usdPerMonth === null ? "?" : usd(usdPerMonth);
  return `  ${where.slice(0, 28).padEnd(29)}${answer.padStart(9)}${month.padStart(10)}${unverified ? "  *" : ""}`;
};

function view(costs: CostReport): string {
  const { inputs, local, energyUsdPerAnswer, hardwareUsdPerMonth, breakEvenAnswersPerDay } = costs;
  const lines = [
    `${costs.model}, ${whole(inputs.answersPerDay)} answers with thinking a day`,
    "",
    `${"".padEnd(31)}${"an answer".padStart(9)}${"a month".padStart(10)}`,
    ...(local === null ? ["  this machine: it does not fit"] : [line(local)]),
    ...costs.clouds.slice(0, SHOWN).map(line),
    "",
    energyUsdPerAnswer === null
      ? "Energy     not known: say --watts under load"
      : `Energy     ${usd(energyUsdPerAnswer)} an answer at ${short(inputs.watts?.value ?? 0)} W, ${usd(inputs.electricity.value)} a kWh`,
    hardwareUsdPerMonth === null
      ? "Hardware   counted as there anyway; or say --hardware-price"
      : `Hardware   ${usd(hardwareUsdPerMonth)} a month over ${short(inputs.years)} years`,
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
