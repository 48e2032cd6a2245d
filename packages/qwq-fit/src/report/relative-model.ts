import { modelFromEntry } from "@qwq-fit/models";
import { planFit } from "@qwq-fit/planner";
import type { PlanOptions } from "@qwq-fit/planner";
import type {
  HardwareProfile,
  ModelEntry,
  ModelProfile,
  RelativeModel,
  Workload,
} from "@qwq-fit/schema";

/** Relatives that are tried, nearest in size first; planning one takes some milliseconds. */
const MOST_TRIED = 4;
/** The size that people take first; one is enough for a hint. */
const QUANTIZATIONS = ["Q4_K_M"];

function closeness(entry: ModelEntry, model: ModelProfile): number {
  const thinksAlike = entry.thinks === model.thinks || entry.thinks === "switchable" ? 0 : 1;
  const familyAlike = entry.family === model.family ? 0 : 1;
  return thinksAlike + familyAlike - entry.parameters / model.parameters;
}

/**
 * The nearest smaller model that fits the hardware with this workload, or null: like in thinking and family first, then
 * the largest.
 */
export function findRelative(
  model: ModelProfile,
  hardware: HardwareProfile,
  workload: Workload,
  models: readonly ModelEntry[],
  options: PlanOptions,
): RelativeModel | null {
  const smaller = models
    .filter(({ parameters, id }) => parameters < model.parameters && id !== model.id)
    .filter(
      ({ contextTokens, extendedContextTokens }) =>
        workload.contextTokens <= Math.max(contextTokens, extendedContextTokens ?? 0),
    )
    .toSorted((a, b) => closeness(a, model) - closeness(b, model));
  let fitting: RelativeModel | null = null;
  let tried = 0;
  for (const entry of smaller) {
    if (tried === MOST_TRIED) break;
    const profile = modelFromEntry(entry, { quantizations: QUANTIZATIONS });
    const { choice } = planFit(profile, hardware, workload, options);
    if (choice === null) continue;
    tried += 1;
    const found: RelativeModel = {
      id: entry.id,
      quantization: choice.quantization,
      contextTokens: choice.contextTokens,
      decodeTokensPerSecond: choice.decodeTokensPerSecond,
      totalBytes: choice.memory.devices.reduce((sum, { totalBytes }) => sum + totalBytes, 0),
    };
    if (choice.usable) return found;
    fitting ??= found;
  }
  return fitting;
}
