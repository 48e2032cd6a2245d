import { availableParallelism, cpus } from "node:os";
import { setTimeout } from "node:timers/promises";

/** How much of this machine's cores others use. */
export interface CoreUse {
  readonly cores: number;
  /** Cores' worth of time that somebody computed, ours left out. */
  readonly busyCores: number;
}

/** Long enough to see a program that computes, short enough not to be felt at a start, ms. */
const WINDOW_MS = 300;

/** Looks at the cores for a moment; the load average of the system lags a minute behind. */
export async function measureCoreUse(): Promise<CoreUse> {
  const before = { times: coreTimes(), own: process.cpuUsage() };
  await setTimeout(WINDOW_MS);
  const after = coreTimes();
  const own = process.cpuUsage(before.own);
  const total = after.total - before.times.total;
  const idle = after.idle - before.times.idle;
  const count = cpus().length;
  const ownCores = (own.user + own.system) / 1000 / WINDOW_MS;
  const busyCores = total > 0 ? Math.max(0, (1 - idle / total) * count - ownCores) : 0;
  return { cores: availableParallelism(), busyCores };
}

function coreTimes(): { readonly total: number; readonly idle: number } {
  let [total, idle] = [0, 0];
  for (const { times } of cpus()) {
    total += times.user + times.nice + times.sys + times.idle + times.irq;
    idle += times.idle;
  }
  return { total, idle };
}

/**
 * Threads for a machine whose cores others use; as planned where they are free. The engine's threads wait for each other at
 * every step, so one that must share its core slows all. Measured on 2 cores under load 5.4, a tiny model, 100 tokens:
 * 0.2 s with one thread, 14 s with two. Half a core that somebody uses now and then is not given way to.
 */
export function threadsBeside(planned: number, { cores, busyCores }: CoreUse): number {
  const free = Math.max(0, cores - busyCores);
  return planned <= free + 0.5 ? planned : Math.min(planned, Math.max(1, Math.round(free)));
}
