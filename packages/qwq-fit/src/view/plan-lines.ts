import type { DeviceMemory, FitPlan } from "@qwq-fit/schema";
import type { Text } from "../text/text.ts";
import { memoryBar } from "./memory-bar.ts";
import { gib, range, tokens } from "./numbers.ts";
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

/** Memories of one size that are told together: the host by itself, devices by their budget. */
function groupsOf(plan: FitPlan): DeviceMemory[][] {
  const groups = new Map<string, DeviceMemory[]>();
  for (const memory of plan.memory.devices.filter(({ totalBytes }) => totalBytes > 0)) {
    const key = memory.device === "host" ? "host" : gib(memory.budgetBytes);
    groups.set(key, [...(groups.get(key) ?? []), memory]);
  }
  return [...groups.values()];
}

/** The fullest of a group. */
function fullest(group: readonly DeviceMemory[]): DeviceMemory | null {
  return group.toSorted((a, b) => b.totalBytes - a.totalBytes)[0] ?? null;
}

/** "21.1 of 22.4 GiB nvidia:0"; of several alike "46.2–71.3 of 78.4 GiB on each of 8 devices". */
export function memorySummary(plan: FitPlan, text: Text): string[] {
  return groupsOf(plan).map((group) => {
    const totals = group.map(({ totalBytes }) => totalBytes);
    const [least, most] = [gib(Math.min(...totals)), gib(Math.max(...totals))];
    const { device = "", budgetBytes = 0 } = group[0] ?? {};
    return text.ofMemory(
      least === most ? most : `${least}–${most}`,
      gib(budgetBytes),
      group.length > 1 ? text.each(group.length) : memoryName(device, text),
    );
  });
}

/** Memory of a plan: for each device, or for several of one size, a bar of the fullest, what it says, and its parts. */
export function memoryLines(
  plan: FitPlan,
  text: Text,
  colours: Colours,
  columns: number,
): (Line | string)[] {
  const width = Math.min(WIDEST_BAR, columns);
  const summary = memorySummary(plan, text);
  return groupsOf(plan).flatMap((group, index): (Line | string)[] => {
    const says = summary[index] ?? "";
    const memory = fullest(group);
    if (memory === null || memory.totalBytes < SMALL * memory.budgetBytes) return [says];
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
