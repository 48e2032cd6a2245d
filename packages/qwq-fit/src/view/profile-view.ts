import type { FoundEngine, HardwareProfile } from "@qwq-fit/schema";
import type { Text } from "../text/text.ts";
import { explainHardware } from "../report/explain-hardware.ts";
import { explanationRows } from "./explanation-view.ts";
import { machineLines } from "./machine-lines.ts";
import { gib } from "./numbers.ts";
import { drawSheet, joinPhrases } from "./sheet.ts";
import type { Row } from "./sheet.ts";
import type { Terminal } from "./terminal.ts";

function engineLine({ engine, version, baseUrl, binaryPath, models }: FoundEngine): string {
  const names = models.map(({ name, cloud }) => (cloud ? `${name} (cloud)` : name));
  return joinPhrases([
    version === null ? engine : `${engine} ${version}`,
    ...(baseUrl === null ? [] : [baseUrl]),
    ...(baseUrl === null && binaryPath !== null ? [binaryPath] : []),
    ...(names.length === 0 ? [] : [names.join(", ")]),
  ]);
}

/** The answer of `profile`: the machine as the planner sees it. */
export function drawProfile(
  hardware: HardwareProfile,
  explain: boolean,
  text: Text,
  terminal: Terminal,
): string {
  const { os, cpu, disk, engines, warnings } = hardware;
  const { labels } = text;
  const rows: (Row | null)[] = [
    { label: labels.system, lines: [`${os.name} · ${os.kernel} · ${os.architecture}`] },
    { label: labels.machine, lines: machineLines(hardware, text) },
    { label: labels.processor, lines: [cpu.instructionSets.join(" ")] },
    ...(disk === null
      ? []
      : [
          {
            label: labels.disk,
            lines: [`${text.free(gib(disk.freeBytes), gib(disk.totalBytes))} · ${disk.path}`],
          },
        ]),
    ...(engines.length === 0 ? [] : [{ label: labels.engines, lines: engines.map(engineLine) }]),
    ...warnings.map(({ message, hint }) => ({
      label: labels.note,
      lines: [hint === null ? message : `${message} ${hint}`],
    })),
    ...(explain ? explanationRows(explainHardware(hardware), text) : []),
  ];
  return drawSheet(rows, terminal);
}
