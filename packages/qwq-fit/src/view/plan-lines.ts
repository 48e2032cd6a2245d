import type { DeviceMemory, FitPlan } from "@qwq-fit/schema";
import type { Text } from "../text/text.ts";
import { memoryBar } from "./memory-bar.ts";
import { gib, range, tokens } from "./numbers.ts";
import type { Line } from "./sheet.ts";
import type { Colours } from "./terminal.ts";

/** A bar wider than this tells no more. */
const WIDEST_BAR = 32;

/** The settings of a plan in words: quantization and context, then everything the engine is told. */
export function settingLines(plan: FitPlan, text: Text): string[] {
  const kv = `${text.parts.kvCache} ${plan.kvCacheType}`;
  const engine = `${plan.engine} ${plan.engineVersion} · ${plan.backend}`;
  return [
    [
      plan.quantization,
      text.context(tokens(plan.contextTokens)),
      kv,
      ...(plan.sequences > 1 ? [text.sequences(plan.sequences)] : []),
    ].join(" · "),
    [
      engine,
      text.threads(plan.threads),
      ...(plan.offloadedLayers > 0 ? [text.layers(plan.offloadedLayers)] : []),
      text.batch(tokens(plan.batchTokens)),
      text.mmap(plan.mmap),
      text.flashAttention(plan.flashAttention),
    ].join(" · "),
  ];
}

/** The name of a memory in words; a device stands by its id. */
export function memoryName(device: string, text: Text): string {
  return device === "host" ? text.host : device;
}

/** What a device's memory holds, largest parts only by name: "weights 18.5 · KV cache 4.0". */
export function partsOf(memory: DeviceMemory, text: Text): string {
  const parts: readonly (readonly [string, number])[] = [
    [text.parts.weights, memory.weightsBytes],
    [text.parts.repacked, memory.repackedBytes],
    [text.parts.kvCache, memory.kvCacheBytes],
    [text.parts.compute, memory.computeBytes],
    [text.parts.output, memory.outputBytes],
    [text.parts.overhead, memory.overheadBytes],
  ];
  return parts
    .filter(([, bytes]) => bytes > 0)
    .map(([name, bytes]) => `${name} ${gib(bytes)}`)
    .join(" · ");
}

/** Memory of a plan: for each device a bar, what it says, and its parts. */
export function memoryLines(
  plan: FitPlan,
  text: Text,
  colours: Colours,
  columns: number,
): (Line | string)[] {
  const width = Math.min(WIDEST_BAR, columns);
  return plan.memory.devices
    .filter(({ totalBytes }) => totalBytes > 0)
    .flatMap((memory) => [
      { text: memoryBar(memory, width, colours), verbatim: true },
      text.ofMemory(
        gib(memory.totalBytes),
        gib(memory.budgetBytes),
        memoryName(memory.device, text),
      ),
      { text: partsOf(memory, text), paint: colours.dim },
    ]);
}

/** Decode and prefill speed of a plan. */
export function speedLines(plan: FitPlan, text: Text): string[] {
  const { decodeTokensPerSecond: decode, prefillTokensPerSecond: prefill } = plan;
  return [text.decode(range(decode), text.methods[decode.method]), text.prefill(range(prefill))];
}
