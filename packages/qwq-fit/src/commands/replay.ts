import { writeFile } from "node:fs/promises";
import { QwqError } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { loadSpeedCoefficients } from "../catalog/load-speed-coefficients.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { probeHardware } from "../hardware/probe-hardware.ts";
import { readHardware } from "../hardware/read-hardware.ts";
import { DEFAULT_MODEL } from "../model/find-model.ts";
import { findAndReadModel } from "../model/read-model.ts";
import type { ReplayOptions } from "../options/replay-options.ts";
import { measurementsOf, readMeasurements } from "../rehearse/measurement-file.ts";
import { cloudSpeed } from "../replay/fleet/cloud-node.ts";
import { parseOption } from "../replay/fleet/parse-option.ts";
import { replay, type ReplayInput } from "../replay/replay.ts";
import type { ServiceLevel } from "../replay/replay-report.ts";
import { choicesFor } from "../replay/fleet/choices-for.ts";
import { drawReplay } from "../replay/replay-view.ts";
import { readTrace, type Trace } from "../replay/trace/read-trace.ts";
import { syntheticTrace } from "../replay/trace/synthetic.ts";
import { announce } from "../view/progress.ts";
import { terminalOf } from "../view/terminal.ts";

const MINUTE_MS = 60_000;
const EXAMPLE = 'qwq-fit replay requests.jsonl --on "RTX 4090" --on cloud:dashscope';

async function traceOf(file: string | undefined, options: ReplayOptions): Promise<Trace> {
  const { synthetic, seed } = options;
  if ((file === undefined) === (synthetic === undefined)) {
    const message = file === undefined ? "replay needs requests" : "either a file or --synthetic";
    throw new QwqError("usage", message, { hint: `${EXAMPLE}, or --synthetic "100 users, chat".` });
  }
  return synthetic === undefined ? readTrace(file ?? "-") : syntheticTrace(synthetic, seed);
}

/** What the options say of machines, clouds and their costs. */
async function buildOf(options: ReplayOptions, io: CommandIo): Promise<ReplayInput["build"]> {
  const catalog = await loadCatalog();
  const coefficients = await loadSpeedCoefficients();
  const { electricity, quantization, scaleToZero, coldStart } = options;
  const price =
    electricity === undefined
      ? catalog.electricityUsdPerKwh
      : { value: electricity, source: "--electricity" };
  const kept = await readMeasurements(io.environment);
  return {
    catalog,
    coefficients,
    planOptions: {
      coefficients,
      electricityUsdPerKwh: price,
      ...(quantization === undefined ? {} : { quantizations: [quantization.toUpperCase()] }),
    },
    concurrency: options.concurrency ?? null,
    engines: options.engine === undefined ? null : [options.engine],
    cloudSpeed: cloudSpeed(options.cloudSpeed, options.cloudFirstToken),
    electricity: price,
    years: options.years,
    idleOffMs: scaleToZero === undefined ? null : scaleToZero * MINUTE_MS,
    coldStartMs: coldStart === undefined ? null : coldStart * 1000,
    requestCost: { wayMs: 0, promptMs: 0, settleMs: 0 },
    hardwareNamed: (name) => readHardware(name, catalog),
    thisMachine: () => probeHardware({ catalog }),
    measurements: async (hardware) =>
      hardware.label === "this machine" ? measurementsOf(hardware, kept) : [],
  };
}

/** Two seconds: what people take for an answer that begins at once. A setting; this is its default. */
const FIRST_TOKEN_MS = 2000;

function serviceLevelOf(options: ReplayOptions): ServiceLevel | null {
  const { find, p95FirstToken = null, p95Answer = null, rejected, availability } = options;
  if (find !== true) {
    if (p95FirstToken !== null || p95Answer !== null || availability !== "none") {
      throw new QwqError("usage", "a service level is for --find", { hint: "Add --find." });
    }
    return null;
  }
  const nothing = p95FirstToken === null && p95Answer === null;
  return {
    p95FirstTokenMs: nothing ? FIRST_TOKEN_MS : p95FirstToken,
    p95AnswerMs: p95Answer,
    rejectedShare: rejected,
    availability,
  };
}

/** `replay`: what users would wait and what it would cost, for traffic as it was, on machines not yet bought. */
export async function replayCommand(
  file: string | undefined,
  options: ReplayOptions,
  io: CommandIo,
): Promise<number> {
  const named = (options.on ?? []).map(parseOption);
  if (named.length === 0 && options.find !== true) {
    throw new QwqError("usage", "replay needs something to replay on", { hint: `${EXAMPLE}.` });
  }
  const build = await buildOf(options, io);
  const clearReading = announce("Reading requests", io);
  const [trace, model] = await Promise.all([
    traceOf(file, options),
    findAndReadModel(options.model ?? DEFAULT_MODEL, {
      catalog: build.catalog,
      environment: io.environment,
    }),
  ]);
  clearReading();
  if (trace.store.length === 0) {
    const [first] = trace.faults.first;
    throw new QwqError("invalid_value", `${trace.source} holds no request`, {
      hint: first === undefined ? "It is empty." : `Line ${first.line}: ${first.message}.`,
      details: { faults: trace.faults },
    });
  }
  const clear = announce("Replaying", io);
  const parsed = named.length > 0 ? named : choicesFor(model, build);
  const report = await replay({
    trace,
    model,
    options: parsed,
    policy: options.policy,
    seed: options.seed,
    build,
    contextTokens: options.context ?? null,
    find: serviceLevelOf(options),
  });
  clear();
  if (options.html !== undefined) {
    const { drawPage } = await import("../replay/page/page.ts");
    await writeFile(options.html, drawPage(report)).catch((error: unknown) => {
      throw new QwqError("file_not_found", `${options.html} cannot be written`, { cause: error });
    });
  }
  if (options.json === true) io.out(`${JSON.stringify(report)}\n`);
  else io.out(drawReplay(report, terminalOf(io)));
  const kept = report.found === null || report.found.best !== null;
  return report.options.length > 0 && kept ? EXIT.fits : EXIT.doesNotFit;
}
