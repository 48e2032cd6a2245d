import { linesOf } from "../device/lines.ts";
import { createDevice, type Sighting } from "../device/sighting.ts";
import { parseCount } from "../device/sizes.ts";
import { vendorOfName, vendorOfPciId } from "../device/vendors.ts";

/** One line of ADAPTER_SCRIPT: where it was read, a name, dedicated memory, a plug-and-play id, a driver version. */
export interface AdapterLine {
  readonly source: "controller" | "registry" | "directx";
  readonly name: string;
  readonly memoryBytes: number | null;
  readonly pciId: string | null;
  readonly driver: string | null;
}

/**
 * Prints "source|name|bytes|id|driver" lines. Present adapters come from Win32_VideoController, without its AdapterRAM,
 * which is 32 bits wide and says 4 GB for every larger card; sizes come from the class key's qwMemorySize and DirectX's
 * DedicatedVideoMemory. Shared memory is not asked for: WDDM offers half of RAM for any card.
 */
export const ADAPTER_SCRIPT: string = [
  "$ErrorActionPreference='SilentlyContinue'",
  'Get-CimInstance Win32_VideoController | ForEach-Object { "controller|$($_.Name)||$($_.PNPDeviceID)|$($_.DriverVersion)" }',
  "Get-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}\\0*' | ForEach-Object { \"registry|$($_.DriverDesc)|$($_.'HardwareInformation.qwMemorySize')|$($_.MatchingDeviceId)|$($_.DriverVersion)\" }",
  "Get-ItemProperty 'HKLM:\\SOFTWARE\\Microsoft\\DirectX\\*' | ForEach-Object { \"directx|$($_.Description)|$($_.DedicatedVideoMemory)|PCI\\VEN_$('{0:X4}' -f $_.VendorId)&DEV_$('{0:X4}' -f $_.DeviceId)|\" }",
].join("; ");

/** Adapters that draw and do not compute: remote, mirrored, indirect and emulated ones. */
const VIRTUAL =
  /virtual|basic (?:render|display)|remote|indirect|\bidd|mirror|vmware|virtualbox|hyper-v|parsec|citrix|displaylink|spacedesk|teamviewer|oray|todesk|usb (?:mobile )?monitor|dameware|rdp/i;

/** GPUs inside a processor: they share the machine's memory beyond a small carve-out. */
const INTEGRATED =
  /\bradeon(?:\(tm\))? (?:graphics|vega \d+ graphics|\d{3}m\b|\d{4}s\b)|radeon(?:\(tm\))? vega \d+ |\b(?:u?hd|iris)\b.*graphics|arc(?:\(tm\))? (?:graphics|\d{3}[vt]\b)|adreno/i;

/** Reads the script's lines, and plain "name|bytes" lines; a line that is neither is left out. */
export function parseAdapterLines(text: string): readonly AdapterLine[] {
  return linesOf(text)
    .slice(0, 1024)
    .flatMap((line): AdapterLine[] => {
      const parts = line.trim().split("|");
      const named = parts.length === 2 ? ["registry", ...parts] : parts;
      const [source, name = "", bytes = "", id = "", driver = ""] = named;
      if (source !== "controller" && source !== "registry" && source !== "directx") return [];
      const memoryBytes = parseCount(bytes);
      if (name.trim() === "" || (source !== "controller" && (memoryBytes ?? 0) === 0)) return [];
      const match = /VEN_([0-9a-f]{4})&DEV_([0-9a-f]{4})/i.exec(id);
      return [
        {
          source,
          name: name.trim(),
          memoryBytes: source === "controller" ? null : memoryBytes,
          pciId: match === null ? null : `${match[1]}:${match[2]}`.toLowerCase(),
          driver: driver.trim() === "" ? null : driver.trim(),
        },
      ];
    });
}

/**
 * Adapters as devices, each apart: an integrated and a discrete GPU are never one sum. Where the controllers are known,
 * only they are present; without them the registry's adapters are taken, each name once.
 */
export function createAdapterSightings(lines: readonly AdapterLine[]): readonly Sighting[] {
  const controllers = lines.filter(({ source }) => source === "controller");
  const sized = lines.filter(({ source }) => source !== "controller");
  const unique = sized.filter(
    (line, at) => sized.findIndex((other) => sameAdapter(line, other)) === at,
  );
  const present = (controllers.length > 0 ? controllers : unique).filter(
    ({ name }) => !VIRTUAL.test(name),
  );
  return present.map((line, index) => {
    const sizes = sized.filter((other) => sameAdapter(line, other));
    const memoryBytes =
      sizes.length === 0 ? null : Math.max(...sizes.map((each) => each.memoryBytes ?? 0));
    const unified = INTEGRATED.test(line.name);
    return {
      pciId: line.pciId,
      device: createDevice({
        id: `windows:${index}`,
        kind: "gpu",
        vendor: vendorOfPciId(line.pciId) ?? vendorOfName(line.name),
        name: line.name,
        backends: [],
        memoryBytes,
        memorySource:
          memoryBytes === null
            ? "unknown: not in the registry"
            : "registry, dedicated video memory",
        unified,
        driver: line.driver,
        notes: unified
          ? ["integrated: its size is the carve-out, WDDM's shared memory is not counted"]
          : [],
      }),
    };
  });
}

function sameAdapter(one: AdapterLine, other: AdapterLine): boolean {
  if (one.pciId !== null && other.pciId !== null) return one.pciId === other.pciId;
  return one.name === other.name;
}
