import { MiB } from "@qwq-fit/schema";
import type { Explanation, MemoryReport } from "@qwq-fit/schema";
import type { Text } from "../text/text.ts";
import { explanationRows } from "./explanation-view.ts";
import { memoryName } from "./plan-lines.ts";
import { drawSheet } from "./sheet.ts";
import type { Row } from "./sheet.ts";
import type { Terminal } from "./terminal.ts";

/** Width of "1234567.89". */
const NUMBER = 10;

/** As the engine prints it: MiB with two decimals. */
const mib = (bytes: number): string => (bytes / MiB).toFixed(2).padStart(NUMBER);

/** The answer of `estimate`: the engine's buffers in its own unit. */
export function drawMemory(
  report: MemoryReport,
  explanations: readonly Explanation[],
  text: Text,
  terminal: Terminal,
): string {
  const { parts } = text;
  const rows: Row[] = report.devices.map((memory) => ({
    label: memoryName(memory.device, text),
    lines: [
      `${mib(memory.weightsBytes)} MiB ${parts.weights}`,
      `${mib(memory.repackedBytes)} MiB ${parts.repacked}`,
      `${mib(memory.kvCacheBytes)} MiB ${parts.kvCache}`,
      `${mib(memory.computeBytes)} MiB ${parts.compute}`,
      `${mib(memory.outputBytes)} MiB ${parts.output}`,
      `${mib(memory.totalBytes)} MiB ${parts.total}`,
    ].map((line) => ({ text: line, verbatim: true })),
  }));
  const total = { text: `${mib(report.totalBytes)} MiB`, verbatim: true };
  const why = explanations.length === 0 ? [] : explanationRows(explanations, text);
  return drawSheet([...rows, { label: parts.total, lines: [total] }, ...why], terminal);
}
