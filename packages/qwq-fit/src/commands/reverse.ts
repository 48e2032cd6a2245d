import { planReverse } from "@qwq-fit/planner";
import type { SuitableMachine } from "@qwq-fit/planner";
import type { Catalog, ComparedCase, Comparison, ModelProfile } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { DEFAULT_MODEL } from "../model/find-model.ts";
import { findAndReadModel } from "../model/read-model.ts";
import type { PlanCommandOptions } from "../options/command-options.ts";
import { priceOfLabel } from "../report/machine-price.ts";
import { textFor } from "../text/text-for.ts";
import { announce } from "../view/progress.ts";
import { drawReverse } from "../view/reverse-view.ts";
import { terminalOf } from "../view/terminal.ts";
import { planOptionsOf, workloadOf } from "./workload-options.ts";

/** Reading speed and a little: what people call comfortable. */
const COMFORTABLE_TOKENS_PER_SECOND = 10;
/** The quantization where none is named: one is enough to rank machines. */
const QUANTIZATION = "Q4_K_M";

function toCase(machine: SuitableMachine, model: ModelProfile, catalog: Catalog): ComparedCase {
  const { hardware, plan, priceUsd } = machine;
  const speed = plan.decodeTokensPerSecond.expected;
  return {
    model: model.name,
    hardware,
    priceUsd,
    priceCny: priceOfLabel(hardware, catalog)?.priceCny ?? null,
    fits: plan.fits,
    usable: plan.usable,
    choice: { ...plan, explanations: [] },
    shortfall: null,
    relative: null,
    usdPerTokenPerSecond: priceUsd === null || speed <= 0 ? null : priceUsd.value / speed,
  };
}

/** `qwq-fit plan --reverse`: machines of the catalogue that run the model at the asked speed, cheapest first. */
export async function reverse(options: PlanCommandOptions, io: CommandIo): Promise<number> {
  const catalog = await loadCatalog();
  const quantizations = [(options.quantization ?? QUANTIZATION).toUpperCase()];
  const { profile } = await findAndReadModel(options.model ?? DEFAULT_MODEL, {
    catalog,
    quantizations,
  });
  const least = options.tokensPerSecond ?? COMFORTABLE_TOKENS_PER_SECOND;
  const workload = workloadOf(options);
  const clear = announce("Planning every machine of the catalogue", io);
  const machines = planReverse(profile, least, catalog, workload, {
    ...(await planOptionsOf(options, catalog)),
    quantizations,
  });
  clear();
  const cases = machines.map((machine) => toCase(machine, profile, catalog));
  const comparison: Comparison = { schemaVersion: 1, workload, cases };
  if (options.json === true) io.out(`${JSON.stringify(comparison)}\n`);
  else io.out(drawReverse(comparison, least, await textFor(io, options.lang), terminalOf(io)));
  return cases.length > 0 ? EXIT.fits : EXIT.doesNotFit;
}
