import { machinePower } from "@qwq-fit/profiler";
import type { HardwareProfile, NodeSnapshot } from "@qwq-fit/schema";

/** On Linux files tell; elsewhere a program is started for it. */
const FRESH_MS = process.platform === "linux" ? 0 : 60_000;

/**
 * Tells whether this machine runs on its battery, null while it is not known. Where asking takes long what was known
 * last is told at once, and asked anew behind it when it is older than `freshMs`.
 */
export function createNodePower(
  read: () => Promise<HardwareProfile["power"]> = machinePower,
  freshMs: number = FRESH_MS,
  now: () => number = () => performance.now(),
): () => Promise<NodeSnapshot["power"]> {
  let known: NodeSnapshot["power"] = null;
  let askedMs = Number.NEGATIVE_INFINITY;
  const ask = async (): Promise<void> => {
    const { source } = await read();
    known =
      source === "unknown" ? null : { onBattery: source === "battery", meteredNetwork: false };
  };
  return async () => {
    if (now() - askedMs < freshMs) return known;
    askedMs = now();
    const asking = ask().catch(() => {
      known = null;
    });
    if (freshMs === 0) await asking;
    return known;
  };
}
