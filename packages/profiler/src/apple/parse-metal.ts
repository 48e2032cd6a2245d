import { MiB } from "@qwq-fit/schema";
import { asNumber, asObject, asObjects, asText, parseJson } from "../device/json.ts";
import { createDevice, type Parsed, type Sighting } from "../device/sighting.ts";
import { vendorOfName } from "../device/vendors.ts";
import { sysctlNumber, type SysctlValues } from "./sysctl.ts";

/** Metal's own words about its default device. */
export interface MetalDevice {
  readonly name: string;
  readonly recommendedBytes: number;
  readonly unified: boolean;
}

/** Prints a MetalDevice as JSON without native code. `typeof` is needed: newer systems bind the function themselves. */
export const METAL_SCRIPT: string =
  "ObjC.import('Metal'); if (typeof $.MTLCreateSystemDefaultDevice !== 'function') " +
  "ObjC.bindFunction('MTLCreateSystemDefaultDevice',['id',[]]); var d=$.MTLCreateSystemDefaultDevice(); " +
  "JSON.stringify({name:ObjC.unwrap(d.name), recommended:Number(d.recommendedMaxWorkingSetSize), " +
  "unified:!!d.hasUnifiedMemory})";

/** Reads what METAL_SCRIPT prints. */
export function parseMetal(text: string): Parsed<MetalDevice> {
  const value = asObject(parseJson(text));
  const name = asText(value["name"]);
  const recommendedBytes = asNumber(value["recommended"]);
  if (name === null || recommendedBytes === null || recommendedBytes === 0) {
    return { kind: "unreadable", reason: "no device name and working-set size" };
  }
  return {
    kind: "parsed",
    value: { name, recommendedBytes, unified: value["unified"] === true },
  };
}

/** A display adapter of `system_profiler SPDisplaysDataType -json`. */
export interface DisplayAdapter {
  readonly name: string;
  readonly cores: number | null;
  /** "metal3", "metal4". */
  readonly metal: string | null;
}

/** Reads the adapters; displays and their serials are left aside. */
export function parseDisplays(text: string): readonly DisplayAdapter[] {
  return asObjects(asObject(parseJson(text))["SPDisplaysDataType"], 16).flatMap((each) => {
    const name = asText(each["sppci_model"]) ?? asText(each["_name"]);
    if (name === null) return [];
    const metal = /metal\d/.exec(asText(each["spdisplays_mtlgpufamilysupport"]) ?? "")?.[0];
    return [{ name, cores: asNumber(each["sppci_cores"]), metal: metal ?? null }];
  });
}

/**
 * The Mac's GPU. Its budget is Metal's working-set limit as Metal tells it; `iogpu.wired_limit_mb`, where set by the
 * user, stands above it. It is never taken as a share of memory: the share differs by macOS version and size.
 */
export function createMetalSighting(
  metal: MetalDevice | null,
  adapters: readonly DisplayAdapter[],
  values: SysctlValues,
): Sighting | null {
  const adapter = adapters.find(({ name }) => name === metal?.name) ?? adapters[0];
  const apple = values.get("hw.optional.arm64") === "1";
  const name = metal?.name ?? adapter?.name ?? (apple ? "Apple GPU" : null);
  if (name === null || (metal === null && !name.startsWith("Apple"))) return null;
  const wiredBytes = (sysctlNumber(values, "iogpu.wired_limit_mb") ?? 0) * MiB;
  const notes =
    adapter?.cores === null || adapter === undefined ? [] : [`${adapter.cores} GPU cores`];
  return {
    pciId: null,
    device: createDevice({
      id: "apple:0",
      kind: "gpu",
      vendor: vendorOfName(name),
      name,
      backends: ["metal"],
      memoryBytes: wiredBytes > 0 ? wiredBytes : (metal?.recommendedBytes ?? null),
      memorySource: metalSource(wiredBytes > 0, metal !== null),
      unified: metal?.unified ?? apple,
      computeCapability: adapter?.metal ?? null,
      notes,
    }),
  };
}

function metalSource(wired: boolean, told: boolean): string {
  if (wired) return "sysctl iogpu.wired_limit_mb";
  return told ? "Metal recommendedMaxWorkingSetSize" : "unknown: Metal did not answer";
}
