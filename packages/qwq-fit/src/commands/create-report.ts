import type { CheckReport } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { probeHardware } from "../hardware/probe-hardware.ts";
import { readHardware } from "../hardware/read-hardware.ts";
import { DEFAULT_MODEL } from "../model/find-model.ts";
import { findAndReadModel } from "../model/read-model.ts";
import type { CheckOptions } from "../options/command-options.ts";
import { createCheckReport } from "../report/check-report.ts";
import { measurementsOf, readMeasurements } from "../rehearse/measurement-file.ts";
import { withProgress } from "../view/progress.ts";
import { planOptionsOf, workloadOf } from "./workload-options.ts";

/** Hardware, model and plans for the options of `check` and `plan`: probe and model are read side by side. */
export async function createReport(options: CheckOptions, io: CommandIo): Promise<CheckReport> {
  const catalog = await loadCatalog();
  const name = options.hardware;
  const probing =
    name === undefined
      ? withProgress("Looking at this machine", probeHardware({ catalog }), io)
      : readHardware(name, catalog);
  const reading = findAndReadModel(options.model ?? DEFAULT_MODEL, {
    catalog,
    environment: io.environment,
  });
  const [hardware, model, planOptions, kept] = await Promise.all([
    probing,
    reading,
    planOptionsOf(options, catalog),
    // What was measured here says nothing of another machine.
    name === undefined ? readMeasurements(io.environment) : [],
  ]);
  return createCheckReport({
    hardware,
    model,
    workload: workloadOf(options),
    catalog,
    options: { ...planOptions, measurements: measurementsOf(hardware, kept) },
    explain: options.explain === true,
  });
}
