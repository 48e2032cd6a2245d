import { linesOf } from "../device/lines.ts";
import { KiB, MiB } from "@qwq-fit/schema";
import { asText, isObject, parseJson, type JsonObject } from "../device/json.ts";
import { normalizePciAddress, type Parsed } from "../device/sighting.ts";
import { parseCount } from "../device/sizes.ts";
import { emptyCard, type AmdCard } from "./amd-card.ts";

/** Keys in lower case: versions of rocm-smi differ in capitals ("Card series", "Card Series"). */
type Fields = ReadonlyMap<string, string>;

/**
 * Reads `rocm-smi … --json` of ROCm 4 to 7 and of Hygon's DTK ("vram Total Memory (MiB)"), and the text form
 * "GPU[0] : key: value". CPU agents, which some versions list, are left out.
 */
export function parseRocmSmi(text: string): Parsed<readonly AmdCard[]> {
  const value = parseJson(text);
  const cards = isObject(value) ? readJson(value) : readText(text);
  if (cards.size === 0) return { kind: "unreadable", reason: "no card in rocm-smi's output" };
  const system = isObject(value) && isObject(value["system"]) ? lowerKeys(value["system"]) : null;
  const driver = system?.get("driver version") ?? null;
  const read = [...cards].flatMap(([index, fields]) => readCard(index, fields, driver));
  return { kind: "parsed", value: read };
}

function readJson(value: JsonObject): ReadonlyMap<number, Fields> {
  const cards = new Map<number, Fields>();
  for (const [key, card] of Object.entries(value).slice(0, 1024)) {
    const index = /^card(\d{1,4})$/i.exec(key)?.[1];
    if (index !== undefined && isObject(card)) cards.set(Number(index), lowerKeys(card));
  }
  return cards;
}

function lowerKeys(object: JsonObject): Fields {
  return new Map(
    Object.entries(object).flatMap(([key, value]) => {
      const text = asText(value);
      return text === null ? [] : [[key.toLowerCase(), text] as const];
    }),
  );
}

function readText(text: string): ReadonlyMap<number, Fields> {
  const cards = new Map<number, Map<string, string>>();
  for (const line of linesOf(text)) {
    const match = /^(?:GPU|DCU)\[(\d{1,4})\]\s*:\s*([^:]{1,80}):(.*)$/.exec(line);
    if (match === null) continue;
    const index = Number(match[1]);
    const fields = cards.get(index) ?? new Map<string, string>();
    fields.set((match[2] ?? "").trim().toLowerCase(), (match[3] ?? "").trim().slice(0, 200));
    cards.set(index, fields);
  }
  return cards;
}

function readCard(index: number, fields: Fields, driver: string | null): readonly AmdCard[] {
  const name = readName(fields);
  const vramBytes = readBytes(fields, "vram total");
  if (vramBytes === null && /\b(?:cpu|epyc|xeon|processor)\b/i.test(name ?? "")) return [];
  const vendorText = fields.get("card vendor") ?? "";
  const hygon = /haiguang|hygon/i.test(`${vendorText} ${name ?? ""}`) || /^DCU\b/.test(name ?? "");
  const deviceId = /^0x([0-9a-f]{4})$/i.exec(
    fields.get("device id") ?? fields.get("gpu id") ?? "",
  )?.[1];
  return [
    {
      ...emptyCard(index),
      vendor: hygon ? "hygon" : "amd",
      name,
      pciId: deviceId === undefined ? null : `${hygon ? "1d94" : "1002"}:${deviceId.toLowerCase()}`,
      pciAddress: normalizePciAddress(fields.get("pci bus") ?? ""),
      vramBytes,
      vramUsedBytes: readBytes(fields, "vram total used"),
      gttBytes: readBytes(fields, "gtt total"),
      gttUsedBytes: readBytes(fields, "gtt total used"),
      target: /^gfx[0-9a-f]{3,5}/.exec(fields.get("gfx version") ?? "")?.[0] ?? null,
      driver,
      rocm: true,
    },
  ];
}

/** A name that is one: old versions print a hexadecimal id where they find none. */
function readName(fields: Fields): string | null {
  const names = ["device name", "card series", "card model"].map((key) => fields.get(key));
  return (
    names.find((name) => name !== undefined && !/^(?:0x[0-9a-f]+|n\/a|unknown)$/i.test(name)) ??
    null
  );
}

const UNITS: readonly (readonly [string, number])[] = [
  ["b", 1],
  ["kb", KiB],
  ["mb", MiB],
  ["mib", MiB],
];

function readBytes(fields: Fields, what: string): number | null {
  for (const [unit, bytes] of UNITS) {
    const count = parseCount(fields.get(`${what} memory (${unit})`));
    if (count !== null) return count * bytes;
  }
  return null;
}
