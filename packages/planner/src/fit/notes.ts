import { listNote } from "../engines/served-models.ts";
import type { Candidate } from "./candidate.ts";
import type { Problem } from "./problem.ts";
import { limitForAllLayers } from "./shared-limit.ts";

/** What a person should know about a plan and its numbers do not say. */
export function planNotes(problem: Problem, candidate: Candidate): readonly string[] {
  const { model, workload, hardware } = problem;
  const notes: string[] = [];
  const exchange = workload.promptTokens + workload.reasoningTokens + workload.answerTokens;
  if (exchange > candidate.contextTokens) {
    notes.push(
      `Prompt, thinking and answer take ${exchange} tokens; a context of ${candidate.contextTokens} cuts them off.`,
    );
  }
  if (candidate.contextTokens > model.contextTokens) {
    notes.push(
      `${model.name} was trained for ${model.contextTokens} tokens; beyond that it needs YaRN, which can cost quality on short texts.`,
    );
  }
  if (!candidate.row.known) {
    notes.push(
      `${candidate.row.engine} ${candidate.row.version} was never looked at: the rules of the nearest known version are used.`,
    );
  }
  const list = listNote(candidate.row.engine, model, hardware.devices);
  if (list !== null) notes.push(list);
  if (candidate.hosts > 1) {
    notes.push(
      `${candidate.hosts} machines work one after the other; what their network adds to each token is not counted.`,
    );
  }
  if (candidate.row.server !== null) {
    notes.push(
      `${candidate.row.engine} publishes no exact memory rule: ${candidate.row.server.source}.`,
    );
  } else if (candidate.rough === true) {
    notes.push(
      `The engine's graph for ${model.architecture} is not known here: memory is right to a few percent, not exact.`,
    );
  }
  if (candidate.support.note !== null) notes.push(candidate.support.note);
  if (
    !candidate.mmap &&
    candidate.row.takes.mmap &&
    candidate.memory.some((row) => row.device === "host" && row.repackedBytes > 0)
  ) {
    notes.push(
      "The CPU keeps weights in its own layout; mapped from the file they would stand in memory twice, so they are read instead (a slower start).",
    );
  }
  const limit = limitForAllLayers(problem, candidate);
  if (limit !== null && hardware.os.platform === "darwin") {
    notes.push(
      `All layers would run on the GPU with: sudo sysctl iogpu.wired_limit_mb=${limit} (until the next restart).`,
    );
  } else if (limit !== null && hardware.os.platform === "linux") {
    notes.push(
      `All layers would run on the GPU if it may reach ${limit} MiB: ttm.pages_limit=${limit * 256} on the kernel's command line.`,
    );
  }
  if (hardware.devices.some(({ freeBytes, unified }) => freeBytes === null && !unified)) {
    notes.push("A device does not say what is free; its whole memory is taken as free.");
  }
  return notes;
}
