import { asNumber, asObjects, asText, isObject, parseJson } from "../device/json.ts";
import {
  createDevice,
  normalizePciAddress,
  type Parsed,
  type Sighting,
} from "../device/sighting.ts";

/**
 * Reads `xpu-smi discovery -j`: `{"device_list": [...]}`, or one device of `discovery -d N -j`, whose members are the same
 * and more. Sizes are strings of bytes. Kunlun's tool of the same name prints no such JSON.
 */
export function parseXpuSmi(text: string): Parsed<readonly Sighting[]> {
  const value = parseJson(text);
  const list =
    isObject(value) && "device_name" in value
      ? [value]
      : asObjects(isObject(value) ? value["device_list"] : value);
  const devices = list.flatMap((each, order): Sighting[] => {
    const name = asText(each["device_name"]);
    if (name === null || asText(each["device_function_type"]) === "virtual") return [];
    const id = /^0x([0-9a-f]{4})$/i.exec(asText(each["pci_device_id"]) ?? "")?.[1];
    const memoryBytes = asNumber(each["memory_physical_size_byte"]);
    return [
      {
        pciId: id === undefined ? null : `8086:${id.toLowerCase()}`,
        device: createDevice({
          id: `intel:${asNumber(each["device_id"]) ?? order}`,
          kind: "gpu",
          vendor: "intel",
          name,
          backends: ["sycl"],
          memoryBytes: memoryBytes === 0 ? null : memoryBytes,
          freeBytes: asNumber(each["memory_free_size_byte"]),
          memorySource: "xpu-smi memory_physical_size_byte",
          driver: asText(each["driver_version"]),
          pciAddress: normalizePciAddress(asText(each["pci_bdf_address"]) ?? ""),
        }),
      },
    ];
  });
  return devices.length === 0
    ? { kind: "unreadable", reason: "no device in xpu-smi's output" }
    : { kind: "parsed", value: devices };
}
