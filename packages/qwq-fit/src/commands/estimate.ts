import { estimateMemory } from "@qwq-fit/planner";
import type { LlamaCppSettings } from "@qwq-fit/planner";
import { QwqError } from "@qwq-fit/schema";
import type { Backend, HardwareProfile, ModelProfile, WeightsVariant } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { probeHardware } from "../hardware/probe-hardware.ts";
import { readHardware } from "../hardware/read-hardware.ts";
import { near } from "../near.ts";
import { findAndReadModel } from "../model/read-model.ts";
import type { EstimateOptions } from "../options/command-options.ts";
import { explainMemory } from "../report/explain-memory.ts";
import { textFor } from "../text/text-for.ts";
import { drawMemory } from "../view/memory-view.ts";
import { terminalOf } from "../view/terminal.ts";

/** The engine whose rules are asked for where none is named: the one that this project was built against. */
const ENGINE_VERSION = "3.22.1";
/** The quantization that people take first. */
const QUANTIZATION = "Q4_K_M";

function variantOf(model: ModelProfile, wanted: string | undefined): WeightsVariant {
  const [only] = model.weights;
  if (wanted === undefined && model.weights.length === 1 && only !== undefined) return only;
  const name = wanted ?? QUANTIZATION;
  const found = model.weights.find(
    ({ quantization }) => quantization.toLowerCase() === name.toLowerCase(),
  );
  if (found !== undefined) return found;
  const known = model.weights.map(({ quantization }) => quantization);
  const likely = near(name, known);
  throw new QwqError("invalid_value", `${model.name} has no quantization ${name}`, {
    hint: `Known are ${(likely.length > 0 ? likely : known).join(", ")}.`,
  });
}

/** The machine's backends: its devices', and the CPU. Layers go to a GPU where layers are offloaded. */
function backendOf(options: EstimateOptions, hardware: HardwareProfile): Backend {
  if (options.backend !== undefined) return options.backend;
  const [device] = hardware.devices.flatMap(({ backends }) => backends);
  return options.offloadedLayers > 0 ? (device ?? "vulkan") : "cpu";
}

/** `qwq-fit estimate`: the engine's buffers for stated settings. */
export async function estimate(
  name: string,
  options: EstimateOptions,
  io: CommandIo,
): Promise<number> {
  const catalog = await loadCatalog();
  const probing =
    options.hardware === undefined
      ? probeHardware({ catalog })
      : readHardware(options.hardware, catalog);
  const [hardware, { profile: model }] = await Promise.all([
    probing,
    findAndReadModel(name, { catalog }),
  ]);
  const settings: LlamaCppSettings = {
    contextTokens: options.context,
    sequences: options.concurrency,
    batchTokens: options.batch,
    kvCacheType: options.kvCacheType,
    flashAttention: options.flashAttention,
    offloadedLayers: options.offloadedLayers,
    mmap: options.mmap,
    threads: options.threads ?? hardware.cpu.usableCores,
    backend: backendOf(options, hardware),
    engineVersion: options.engineVersion ?? ENGINE_VERSION,
  };
  const variant = variantOf(model, options.quantization);
  const report = estimateMemory(model, variant, settings, hardware);
  if (options.json === true) io.out(`${JSON.stringify(report)}\n`);
  else {
    const why = options.explain === true ? explainMemory(report, settings) : [];
    io.out(drawMemory(report, why, await textFor(io, options.lang), terminalOf(io)));
  }
  return EXIT.fits;
}
