import { GiB, MiB } from "@qwq-fit/schema";

import { budgetsOf } from "./budget.ts";
import type { Candidate } from "./candidate.ts";
import type { Problem } from "./problem.ts";
import { fullOffloadBytes } from "./verify-llama.ts";

/** What the system keeps when a limit is raised; a rule of thumb, unverified. */
const systemReserveBytes = 4 * GiB;

/**
 * The limit, in MiB, up to which a device that shares the machine's memory would have to be allowed to
 * go for all layers to run on it; null where they do already, or the machine has not that much.
 */
export function limitForAllLayers(problem: Problem, candidate: Candidate): number | null {
  const { hardware, model } = problem;
  const [device] = hardware.devices.filter(({ unified }) => unified);
  if (device?.memoryBytes == null || candidate.offloadedLayers > model.blocks.length) return null;
  if (candidate.devices.length !== 1 || candidate.devices[0] !== device.id) return null;
  const needed = fullOffloadBytes(problem, candidate);
  const { share, maximumBytes } = candidate.row.deviceMargin;
  const margin = Math.min(
    maximumBytes,
    Math.ceil((share * needed.device) / Math.max(0.01, 1 - share)),
  );
  const limit = needed.device + margin;
  const pot = budgetsOf(hardware, candidate.row).host.budgetBytes;
  const room = hardware.memory.totalBytes - systemReserveBytes;
  if (limit <= device.memoryBytes || limit > room || needed.device + needed.host > pot) return null;
  return Math.ceil(limit / MiB);
}
