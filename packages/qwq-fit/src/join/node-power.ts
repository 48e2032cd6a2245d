import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readSupplies } from "@qwq-fit/profiler";
import type { NodeSnapshot } from "@qwq-fit/schema";

const FOLDER = "/sys/class/power_supply";

/** Whether this machine runs on its battery; null where that cannot be told without starting a program. */
export async function nodePower(): Promise<NodeSnapshot["power"]> {
  if (process.platform !== "linux") return null;
  const names = await readdir(FOLDER).catch(() => null);
  if (names === null) return null;
  const supplies = await Promise.all(
    names.slice(0, 32).map(async (name) => {
      const read = async (file: string): Promise<string> =>
        (await readFile(join(FOLDER, name, file), "utf8").catch(() => "")).trim();
      const [type, scope, online, status, capacity] = await Promise.all([
        read("type"),
        read("scope"),
        read("online"),
        read("status"),
        read("capacity"),
      ]);
      return { type, scope, online, status, capacity };
    }),
  );
  const { source } = readSupplies(supplies);
  return source === "unknown" ? null : { onBattery: source === "battery", meteredNetwork: false };
}
