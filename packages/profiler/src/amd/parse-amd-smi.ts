import {
  asNumber,
  asObject,
  asObjects,
  asText,
  isObject,
  parseJson,
  type JsonObject,
} from "../device/json.ts";
import { normalizePciAddress, type Parsed } from "../device/sighting.ts";
import { parseSize } from "../device/sizes.ts";
import { emptyCard, type AmdCard } from "./amd-card.ts";

/**
 * Reads `amd-smi static --json` and `amd-smi metric --json`, which are lists, or, from ROCm 7 on, objects with a list
 * `gpu_data`. Either text may be empty.
 */
export function parseAmdSmi(staticText: string, metricText: string): Parsed<readonly AmdCard[]> {
  const facts = readList(staticText);
  const metrics = readList(metricText);
  if (facts.length === 0 && metrics.length === 0) {
    return { kind: "unreadable", reason: "no GPU in amd-smi's output" };
  }
  const indexes = new Set([...facts, ...metrics].map((each) => asNumber(each["gpu"]) ?? 0));
  const cards = [...indexes].map((index) =>
    readCard(index, findGpu(facts, index), findGpu(metrics, index)),
  );
  return { kind: "parsed", value: cards };
}

function findGpu(list: readonly JsonObject[], index: number): JsonObject {
  return list.find((each) => (asNumber(each["gpu"]) ?? 0) === index) ?? {};
}

function readList(text: string): readonly JsonObject[] {
  const value = parseJson(text);
  return asObjects(isObject(value) ? value["gpu_data"] : value);
}

function readCard(index: number, facts: JsonObject, metrics: JsonObject): AmdCard {
  const asic = asObject(facts["asic"]);
  const usage = asObject(metrics["mem_usage"]);
  const device = /^0x0*([0-9a-f]{1,4})$/i.exec(asText(asic["device_id"]) ?? "")?.[1];
  const name = asText(asic["market_name"]);
  return {
    ...emptyCard(index),
    name: name === null || /^(?:0x[0-9a-f]+|n\/a)$/i.test(name) ? null : name,
    pciId: device === undefined ? null : `1002:${device.padStart(4, "0").toLowerCase()}`,
    pciAddress: normalizePciAddress(asText(asObject(facts["bus"])["bdf"]) ?? ""),
    vramBytes: readAmount(usage["total_vram"]) ?? readAmount(asObject(facts["vram"])["size"]),
    vramUsedBytes: readAmount(usage["used_vram"]),
    gttBytes: readAmount(usage["total_gtt"]),
    gttUsedBytes: readAmount(usage["used_gtt"]),
    target: /^gfx[0-9a-f]{3,5}/.exec(asText(asic["target_graphics_version"]) ?? "")?.[0] ?? null,
    driver: asText(asObject(facts["driver"])["version"]),
    rocm: true,
  };
}

/** `{"value": 32704, "unit": "MB"}`, or "32704 MB" of older versions. */
function readAmount(value: unknown): number | null {
  if (!isObject(value)) return parseSize(asText(value) ?? "");
  const amount = asNumber(value["value"]);
  return amount === null ? null : parseSize(`${amount} ${asText(value["unit"]) ?? ""}`);
}
