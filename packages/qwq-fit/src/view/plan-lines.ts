import { GiB } from "@qwq-fit/schema";
import type { DeviceMemory, FitPlan } from "@qwq-fit/schema";
import type { Text } from "../text/text.ts";
import { memoryBar } from "./memory-bar.ts";
import { gib, range, tokens } from "./numbers.ts";
import { countEqual } from "./machine-lines.ts";
import { joinPhrases } from "./sheet.ts";
import type { Line } from "./sheet.ts";
import type { Colours } from "./terminal.ts";

/** A bar wider than this tells no more. */
const WIDEST_BAR = 32;

/** The settings of a plan in words: quantization and context, then everything the engine is told. */
export function settingLines(plan: FitPlan, text: Text): string[] {
  const kv = `${text.parts.kvCache} ${plan.kvCacheType}`;
  return [
    joinPhrases([
      plan.quantization,
      text.context(tokens(plan.contextTokens)),
      kv,
      ...(plan.sequences > 1 ? [text.sequences(plan.sequences)] : []),
    ]),
    joinPhrases([
      `${plan.engine} ${plan.engineVersion}`,
      plan.backend,
      text.threads(plan.threads),
      ...(plan.offloadedLayers > 0 ? [text.layers(plan.offloadedLayers)] : []),
      text.batch(tokens(plan.batchTokens)),
      text.mmap(plan.mmap),
      text.flashAttention(plan.flashAttention),
    ]),
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
  const held = parts.filter(([, bytes]) => bytes > 0);
  return joinPhrases(held.map(([name, bytes]) => `${name} ${gib(bytes)}`));
}

/** Below this share of its budget a memory is told in one line, without a bar. */
const SMALL = 0.1;

/** Equal for devices of one size that hold about the same. */
function look({ device, budgetBytes, totalBytes }: DeviceMemory): string {
  return device === "host" ? "host" : `${gib(budgetBytes)} ${Math.round(totalBytes / GiB)}`;
}

/** Memory of a plan: for each device, or for several that hold about the same, a bar, what it says, and its parts. */
export function memoryLines(
  plan: FitPlan,
  text: Text,
  colours: Colours,
  columns: number,
): (Line | string)[] {
  const width = Math.min(WIDEST_BAR, columns);
  const held = plan.memory.devices.filter(({ totalBytes }) => totalBytes > 0);
  return countEqual(held, look).flatMap(([memory, count]) => {
    const name = memoryName(memory.device, text);
    const says = text.ofMemory(
      gib(memory.totalBytes),
      gib(memory.budgetBytes),
      count > 1 ? text.each(count) : name,
    );
    if (memory.totalBytes < SMALL * memory.budgetBytes) return [says];
    return [
      { text: memoryBar(memory, width, colours), verbatim: true },
      says,
      { text: partsOf(memory, text), paint: colours.dim },
    ];
  });
}

/** Decode and prefill speed of a plan. */
export function speedLines(plan: FitPlan, text: Text): string[] {
  const { decodeTokensPerSecond: decode, prefillTokensPerSecond: prefill } = plan;
  return [text.decode(range(decode), text.methods[decode.method]), text.prefill(range(prefill))];
}
