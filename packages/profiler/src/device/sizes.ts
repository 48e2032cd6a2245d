import { lookUp } from "./look-up.ts";
import { GiB, KiB, MiB } from "@qwq-fit/schema";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  // Tools that print kB, MB and GB for memory count in 1024s: /proc, rocm-smi, npu-smi, bm-smi.
  kb: KiB,
  kib: KiB,
  k: KiB,
  mb: MiB,
  mib: MiB,
  m: MiB,
  gb: GiB,
  gib: GiB,
  g: GiB,
  tb: 1024 * GiB,
  tib: 1024 * GiB,
  t: 1024 * GiB,
};

/** "10240 MiB", "16384MB", "48K" in bytes; null for "N/A", "[N/A]" and whatever is no size. */
export function parseSize(text: string): number | null {
  const match = /^\s*(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]{0,3})\s*$/i.exec(text);
  const unit = lookUp(UNITS, (match?.[2] ?? "?").toLowerCase());
  if (match === null || unit === null) return null;
  const bytes = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** The size in whole bytes; null for what is above every machine's or below nothing. */
export function soundBytes(bytes: number | null): number | null {
  const whole = bytes === null ? null : Math.floor(bytes);
  return whole !== null && Number.isSafeInteger(whole) && whole >= 0 ? whole : null;
}

/** A whole number in decimal; null for anything else. */
export function parseCount(text: string | null | undefined): number | null {
  if (text === null || text === undefined || !/^\s*\d{1,19}\s*$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** "0-3,8,10-11" as 0, 1, 2, 3, 8, 10, 11; ranges that are no CPU lists are left out. */
export function parseCpuList(text: string): readonly number[] {
  const cpus: number[] = [];
  for (const part of text.trim().split(",").slice(0, 4096)) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim());
    if (match === null) continue;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    for (let cpu = first; cpu <= last && cpus.length < 65_536; cpu++) cpus.push(cpu);
  }
  return cpus;
}
