import type { ProbeWarning } from "@qwq-fit/schema";
import type { ProbeOutcome } from "../device/sighting.ts";
import { parseCount } from "../device/sizes.ts";
import { toolWarning, unreadableWarning } from "../device/tool-warning.ts";
import type { ProbePorts, ToolResult } from "../ports/probe-ports.ts";
import { createAmdSighting, joinCards, type AmdCard } from "./amd-card.ts";
import { nameCards, probeAmdSysfs } from "./amd-sysfs.ts";
import { warnOfAmd } from "./amd-warnings.ts";
import { parseAmdSmi } from "./parse-amd-smi.ts";
import { parseRocminfo } from "./parse-rocminfo.ts";
import { parseRocmSmi } from "./parse-rocm-smi.ts";

interface CardOutcome {
  readonly cards: readonly AmdCard[];
  readonly warnings: readonly ProbeWarning[];
}

const HINT = "AMD GPUs are then known by the kernel alone; run the tool by hand";
/** The kernel's pages are 4 KiB on every platform that AMD's driver runs on. */
const PAGE_BYTES = 4096;

/** AMD GPUs: sizes by sysfs, names and targets by amd-smi, rocm-smi or rocminfo, whichever is there. */
export async function probeAmd(ports: ProbePorts): Promise<ProbeOutcome> {
  const [sysfs, smi, agents, pages] = await Promise.all([
    probeAmdSysfs(ports),
    probeSmi(ports),
    probeAgents(ports),
    ports.readFile("/sys/module/ttm/parameters/pages_limit"),
  ]);
  const joined = joinCards([sysfs, smi.cards, agents.cards]);
  const cards = await nameCards(ports, joined);
  const limit = parseCount(pages);
  const ttmLimitBytes = limit === null ? null : limit * PAGE_BYTES;
  return {
    sightings: cards.map((card) => createAmdSighting(card, ttmLimitBytes)),
    warnings: [...smi.warnings, ...agents.warnings, ...(await warnOfAmd(ports, cards))],
  };
}

async function probeSmi(ports: ProbePorts): Promise<CardOutcome> {
  const amdSmi = await probeAmdSmi(ports);
  if (amdSmi.cards.length > 0) return amdSmi;
  const result = await ports.run("rocm-smi", [
    "--showproductname",
    "--showid",
    "--showbus",
    "--showdriverversion",
    "--showmeminfo",
    "vram",
    "gtt",
    "--json",
  ]);
  const rocmSmi = readOutcome("rocm-smi", result, (text) => parseRocmSmi(text));
  return { cards: rocmSmi.cards, warnings: [...amdSmi.warnings, ...rocmSmi.warnings] };
}

async function probeAmdSmi(ports: ProbePorts): Promise<CardOutcome> {
  const [facts, metrics] = await Promise.all([
    ports.run("amd-smi", ["static", "--asic", "--bus", "--vram", "--driver", "--json"]),
    ports.run("amd-smi", ["metric", "--mem-usage", "--json"]),
  ]);
  const metricText = metrics.kind === "ended" ? metrics.stdout : "";
  return readOutcome("amd-smi", facts, (text) => parseAmdSmi(text, metricText));
}

async function probeAgents(ports: ProbePorts): Promise<CardOutcome> {
  return readOutcome("rocminfo", await ports.run("rocminfo", []), parseRocminfo);
}

function readOutcome(
  program: string,
  result: ToolResult,
  parse: (text: string) => ReturnType<typeof parseRocmSmi>,
): CardOutcome {
  const warning = toolWarning(program, result, HINT);
  if (result.kind !== "ended") return { cards: [], warnings: warning === null ? [] : [warning] };
  // rocm-smi ends with 2 where one of several questions has no answer, after it has printed the others.
  const parsed = parse(result.stdout);
  if (parsed.kind === "parsed") return { cards: parsed.value, warnings: [] };
  return { cards: [], warnings: [warning ?? unreadableWarning(program, parsed.reason, HINT)] };
}
