import type { HardwareProfile } from "@qwq-fit/schema";
import { parseCount } from "../device/sizes.ts";
import { createNodePorts } from "../ports/node-ports.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";

type Power = HardwareProfile["power"];

/** One entry of /sys/class/power_supply. */
interface PowerSupply {
  readonly type: string;
  readonly scope: string;
  readonly online: string;
  readonly status: string;
  readonly capacity: string;
}

/** Mains unless a system battery is discharging and no adapter is online. Batteries of mice and phones do not count. */
function readSupplies(supplies: readonly PowerSupply[]): Power {
  const batteries = supplies.filter(({ type, scope }) => type === "Battery" && scope !== "Device");
  const adapters = supplies.filter(({ type }) => type === "Mains" || type === "USB");
  const discharging = batteries.some(({ status }) => status === "Discharging");
  const plugged = adapters.some(({ online }) => online === "1");
  return {
    source: discharging && !plugged ? "battery" : "mains",
    batteryPercent: parseCount(batteries[0]?.capacity),
    loadWatts: null,
  };
}

/**
 * What `pmset -g batt` prints: "Now drawing from 'AC Power'" ('Battery Power', 'UPS Power': pmset(1), IOPSKeys.h), and a
 * line for each battery with its charge. Null for anything else.
 */
function readPmset(text: string): Power | null {
  const drawn = /^Now drawing from .(AC|Battery|UPS) Power/m.exec(text)?.[1];
  if (drawn === undefined) return null;
  return {
    source: drawn === "AC" ? "mains" : "battery",
    batteryPercent: parseCount(/^ -InternalBattery.*?\t(\d{1,3})%;/m.exec(text)?.[1]),
    loadWatts: null,
  };
}

/** Where the power comes from: sysfs on Linux, `pmset` on macOS, the system's own interface on Windows. */
export async function probePower(ports: ProbePorts): Promise<Power> {
  if (ports.platform === "linux") {
    const folder = "/sys/class/power_supply";
    const names = await ports.listDir(folder);
    if (names === null) return { source: "unknown", batteryPercent: null, loadWatts: null };
    const supplies = await Promise.all(
      names.slice(0, 32).map(async (name): Promise<PowerSupply> => {
        const [type, scope, online, status, capacity] = await Promise.all(
          ["type", "scope", "online", "status", "capacity"].map(async (file) =>
            ((await ports.readFile(`${folder}/${name}/${file}`)) ?? "").trim(),
          ),
        );
        return {
          type: type ?? "",
          scope: scope ?? "",
          online: online ?? "",
          status: status ?? "",
          capacity: capacity ?? "",
        };
      }),
    );
    return readSupplies(supplies);
  }
  if (ports.platform === "darwin") {
    const told = await ports.run("pmset", ["-g", "batt"]);
    const power = told.kind === "ended" ? readPmset(told.stdout) : null;
    if (power !== null) return power;
  }
  const battery = await ports.battery();
  if (battery === null) return { source: "unknown", batteryPercent: null, loadWatts: null };
  const source = battery.present && !battery.onMains ? "battery" : "mains";
  return { source, batteryPercent: battery.percent, loadWatts: null };
}

/** How this machine is powered now. Starts a program on macOS and Windows: not to be asked every second. */
export function machinePower(): Promise<Power> {
  return probePower(createNodePorts());
}
