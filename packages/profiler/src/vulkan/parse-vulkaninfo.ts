import { lookUp } from "../device/look-up.ts";
import { linesOf } from "../device/lines.ts";
import type { Parsed } from "../device/sighting.ts";

/** One Vulkan device of `vulkaninfo --summary`. */
export interface VulkanDevice {
  readonly index: number;
  readonly name: string;
  /** "10de:2684", null where the form does not tell. */
  readonly pciId: string | null;
  readonly type: "discrete" | "integrated" | "virtual" | "cpu" | "other";
  /** "NVIDIA 550.54.14", "radv Mesa 25.0.1". */
  readonly driver: string | null;
}

const TYPES: Readonly<Record<string, VulkanDevice["type"]>> = {
  PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: "discrete",
  PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: "integrated",
  PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: "virtual",
  PHYSICAL_DEVICE_TYPE_CPU: "cpu",
};

/** Names of Vulkan implementations that compute on the CPU. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader|softpipe/i;

/**
 * Reads the devices of `vulkaninfo`, whole or `--summary`: blocks "GPU0:" with "key = value" lines, or, from old versions, lines
 * "GPU id = 0 (name)".
 */
export function parseVulkanSummary(text: string): Parsed<readonly VulkanDevice[]> {
  const devices = new Map<number, Map<string, string>>();
  let fields: Map<string, string> | null = null;
  for (const line of linesOf(text)) {
    const header = /^\s*GPU(\d{1,3}):\s*$/.exec(line);
    const short = /^\s*GPU id\s*[=:]\s*(\d{1,3})\s*\((.{1,200})\):?$/.exec(line);
    const index = Number(header?.[1] ?? short?.[1] ?? NaN);
    if (!Number.isNaN(index)) {
      fields = devices.get(index) ?? new Map<string, string>();
      devices.set(index, fields);
      if (short?.[2] !== undefined) fields.set("deviceName", short[2]);
      continue;
    }
    const pair = /^\s*(\w{1,60})\s*=(.*)$/.exec(line);
    const key = pair?.[1] ?? "";
    // The whole vulkaninfo has more such lines further down; a device's own come first.
    if (pair !== null && fields?.has(key) === false)
      fields.set(key, (pair[2] ?? "").trim().slice(0, 300));
  }
  const named = [...devices].flatMap(([index, each]) => readDevice(index, each));
  return named.length === 0 && !/vulkan/i.test(text)
    ? { kind: "unreadable", reason: "no device in vulkaninfo's summary" }
    : { kind: "parsed", value: named };
}

function readDevice(index: number, fields: ReadonlyMap<string, string>): VulkanDevice[] {
  const name = fields.get("deviceName") ?? "";
  if (name === "") return [];
  const hex = (key: string): string | null =>
    /^0x0*([0-9a-f]{1,4})$/i.exec(fields.get(key) ?? "")?.[1]?.padStart(4, "0") ?? null;
  const [vendor, device] = [hex("vendorID"), hex("deviceID")];
  const driver = [fields.get("driverName"), fields.get("driverInfo")].filter(
    (part) => part !== undefined && part !== "",
  );
  const type = SOFTWARE.test(name)
    ? "cpu"
    : (lookUp(TYPES, fields.get("deviceType") ?? "") ?? "other");
  return [
    {
      index,
      name,
      pciId: vendor === null || device === null ? null : `${vendor}:${device}`.toLowerCase(),
      type,
      driver: driver.length === 0 ? null : driver.join(" "),
    },
  ];
}
