import { totalSeconds } from "../../packages/planner/src/speed/speed-components.ts";
import type { Sample } from "./samples.ts";
import { type Solution, solve } from "./solve.ts";

/** A sample with the speed that a fit foretold which had not seen it. */
export interface Held {
  readonly sample: Sample;
  /** Logarithm of measured over predicted speed. */
  readonly residual: number;
}

/** Logarithm of measured over predicted speed under a solution. */
export const residualOf = (sample: Sample, solution: Solution): number =>
  Math.log(totalSeconds(sample.observation.components, solution) / sample.observation.measured);

/** A number from a text, the same everywhere (FNV-1a with a last mix). */
export function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** Rows of a source by its first words: pages of one table are one source. */
export const sourceOf = (sample: Sample): string =>
  sample.row.source.replace(/^https?:\/\//, "").slice(0, 40);

export const byDevice = (sample: Sample): string => sample.device;
export const byFold =
  (seed: number, folds: number): ((sample: Sample) => string) =>
  (sample) =>
    String(hashOf(`${seed}/${sample.row.id}`) % folds);

/** Fits once without each group, and foretells that group. */
export function crossValidate(
  samples: readonly Sample[],
  groupOf: (sample: Sample) => string,
  from: Solution,
): readonly Held[] {
  const groups = [...new Set(samples.map(groupOf))].toSorted();
  return groups.flatMap((group) => {
    const rest = samples.filter((sample) => groupOf(sample) !== group);
    const solution = solve(
      rest.map(({ observation }) => observation),
      from,
    );
    return samples
      .filter((sample) => groupOf(sample) === group)
      .map((sample) => ({ sample, residual: residualOf(sample, solution) }));
  });
}
