import type { Parsed } from "../device/sighting.ts";
import { reportRows, type AcceleratorReport, type AcceleratorTool } from "./accelerator-tool.ts";
import { readPairedRows, type PairedTable } from "./paired-rows.ts";

/* Tools that print a table like nvidia-smi's, two rows a device. */

const MOORE_THREADS: PairedTable = {
  head: /^(?<index>\d{1,4})\s+(?<name>MTT\s.{1,40}?)\s*\|\s*(?<bus>[0-9a-f:.]{7,16})\s*\|/i,
  memory: /\|\s*\d{1,3}%\s+(?<used>\d{1,9})MiB\(\s*(?<total>\d{1,9})MiB\)/,
};

/** mthreads-gmi: memory stands in the first row, "0MiB(81920MiB)". */
export function parseMthreadsGmi(text: string): Parsed<AcceleratorReport> {
  const driver = /Driver Version:\s*(\S{1,40})/.exec(text)?.[1] ?? null;
  return reportRows(driver, readPairedRows(text, MOORE_THREADS), "mthreads-gmi");
}

const CAMBRICON: PairedTable = {
  head: /^\|\s*(?<index>\d{1,4})\s*\/\s*\S{0,8}\s+(?<name>MLU\S{1,40})\s+v\S{1,20}\s*\|(?:\s*(?<bus>[0-9a-f]{4}:[0-9a-f:.]{7})\s*\|)?/i,
  memory: /\|\s*(?<used>\d{1,9})\s*MiB\/\s*(?<total>\d{1,9})\s*MiB\s*\|/,
};

/** cnmon of drivers 4 (second column: on or off) and 5 (bus address). */
export function parseCnmon(text: string): Parsed<AcceleratorReport> {
  const driver =
    /Driver\s+v(\S{1,40})/.exec(text)?.[1] ?? /CNMON\s+v(\S{1,40})/.exec(text)?.[1] ?? null;
  const rows = readPairedRows(text, CAMBRICON).map((row) => ({
    ...row,
    name: `Cambricon ${row.name}`,
  }));
  return reportRows(driver, rows, "cnmon");
}

const METAX: PairedTable = {
  head: /^\|\s*(?<index>\d{1,4})\s+(?<name>(?:MetaX |MX)\S{1,30}(?: \S{1,20})?)\s*\|\s*(?<bus>[0-9a-f]{4}:[0-9a-f:.]{7})\s*\|/i,
  memory: /\|\s*(?<used>\d{1,9})\s*\/\s*(?<total>\d{1,9})\s*MiB/,
};

/** mx-smi: "5680/65536 MiB". */
export function parseMxSmi(text: string): Parsed<AcceleratorReport> {
  const driver = /Kernel Mode Driver Version:\s*(\S{1,40})/.exec(text)?.[1] ?? null;
  return reportRows(driver, readPairedRows(text, METAX), "mx-smi");
}

const ILUVATAR: PairedTable = {
  head: /^\|\s*(?<index>\d{1,4})\s+(?<name>(?:Iluvatar |BI-|MR-)\S{1,30}(?: \S{1,20})?)\s*\|\s*(?<bus>[0-9a-f]{8}:[0-9a-f:.]{7})\s*\|/i,
  memory: /\|\s*(?<used>\d{1,9})MiB\s*\/\s*(?<total>\d{1,9})MiB/,
};

/** ixsmi: nvidia-smi's table with Iluvatar's names. */
export function parseIxsmi(text: string): Parsed<AcceleratorReport> {
  const driver = /Driver Version:\s*(\S{1,40})/.exec(text)?.[1] ?? null;
  return reportRows(driver, readPairedRows(text, ILUVATAR), "ixsmi");
}

export const TABLE_TOOLS: readonly AcceleratorTool[] = [
  {
    vendor: "moore-threads",
    kind: "gpu",
    backend: "musa",
    program: "mthreads-gmi",
    arguments: [],
    unverified: false,
    parse: parseMthreadsGmi,
  },
  {
    vendor: "cambricon",
    kind: "npu",
    backend: "neuware",
    program: "cnmon",
    arguments: [],
    unverified: false,
    parse: parseCnmon,
  },
  {
    vendor: "metax",
    kind: "gpu",
    backend: "maca",
    program: "mx-smi",
    arguments: [],
    unverified: false,
    parse: parseMxSmi,
  },
  {
    vendor: "iluvatar",
    kind: "gpu",
    backend: "corex",
    program: "ixsmi",
    arguments: [],
    unverified: false,
    parse: parseIxsmi,
  },
];
