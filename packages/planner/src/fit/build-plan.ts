import type { Estimate, FitPlan, PlanHost } from "@qwq-fit/schema";

import { localCostPerMillionTokens } from "../cost/local-cost.ts";
import { startCommand } from "../engines/start-command.ts";
import { qualityLoss } from "../quality/quality-loss.ts";
import type { SpeedEstimate } from "../speed/speed-types.ts";
import type { Candidate } from "./candidate.ts";
import { explainPlan } from "./explain.ts";
import { planNotes } from "./notes.ts";
import type { Problem } from "./problem.ts";
import { usableLimit } from "./usable.ts";

const idOf = (candidate: Candidate): string =>
  [
    candidate.row.engine,
    candidate.support.backend,
    candidate.variant.quantization,
    candidate.kvCacheType,
    candidate.contextTokens,
    ...(candidate.offloadedLayers > 0 ? [`${candidate.offloadedLayers}layers`] : []),
    ...(candidate.expertsOnCpu ? ["cpu-experts"] : []),
    ...(candidate.devices.length > 1 ? [`${candidate.devices.length}devices`] : []),
    ...(candidate.hosts > 1 ? [`${candidate.hosts}hosts`] : []),
  ].join("-");

function hostsOf(candidate: Candidate, label: string): readonly PlanHost[] {
  return Array.from({ length: candidate.hosts }, (_, index) => ({
    host: candidate.hosts === 1 ? label : `${label} #${index + 1}`,
    devices: candidate.devices,
  }));
}

/** A candidate with its speed, as the plan that callers see. */
export function buildPlan(problem: Problem, candidate: Candidate, speed: SpeedEstimate): FitPlan {
  const { model, hardware, options } = problem;
  const { variant, row, support } = candidate;
  const fits = candidate.overrun === null;
  const cost: Estimate | null = localCostPerMillionTokens(
    hardware.power.loadWatts,
    options.electricityUsdPerKwh ?? null,
    speed.decodeTokensPerSecond,
    candidate.sequences,
  );
  const plan = {
    schemaVersion: 1,
    id: idOf(candidate),
    model: model.id,
    engine: row.engine,
    engineVersion: row.version,
    backend: support.backend,
    status: row.known ? support.status : "unverified",
    quantization: variant.quantization,
    kvCacheType: candidate.kvCacheType,
    contextTokens: candidate.contextTokens,
    sequences: candidate.sequences,
    offloadedLayers: candidate.offloadedLayers,
    expertsOnCpu: candidate.expertsOnCpu,
    tensorParallel: candidate.tensorParallel,
    threads: candidate.threads,
    batchTokens: candidate.batchTokens,
    mmap: candidate.mmap,
    repack: candidate.repack,
    flashAttention: candidate.flashAttention,
    placement: candidate.placement,
    hosts: hostsOf(candidate, hardware.label),
    memory: { devices: candidate.memory },
    fits,
    usable: fits && speed.decodeTokensPerSecond.expected >= usableLimit(problem),
    decodeTokensPerSecond: speed.decodeTokensPerSecond,
    prefillTokensPerSecond: speed.prefillTokensPerSecond,
    timeToFirstTokenMs: speed.timeToFirstTokenMs,
    timeToAnswerMs: speed.timeToAnswerMs,
    diskBytes: variant.fileBytes,
    qualityLoss: qualityLoss(variant, candidate.kvCacheType, model.parameters),
    localCostUsdPerMillionTokens: cost,
    startCommand: startCommand(problem, candidate),
    explanations: explainPlan(problem, candidate, speed, cost),
    notes: planNotes(problem, candidate),
  } as const satisfies FitPlan;
  return plan;
}
