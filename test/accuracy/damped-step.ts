import { solveSystem } from "./linear-system.ts";

/** A row of the linearized problem: how its log time moves with each value, and how hard it pulls. */
export interface Pull {
  readonly indices: Int32Array;
  readonly slopes: Float64Array;
  readonly residual: number;
  readonly strength: number;
}

// plain loops from here on: these run hundreds of millions of times in a fit
const along = ({ indices, slopes }: Pull, dense: Float64Array): number => {
  let total = 0;
  for (let at = 0; at < indices.length; at += 1) {
    total += (slopes[at] ?? 0) * (dense[indices[at] ?? 0] ?? 0);
  }
  return total;
};

/**
 * The step of Gauss and Newton with a raised diagonal D: x = -(D + J'WJ)^-1 g, solved in the space of rows,
 * of which there are fewer than terms: (D + J'WJ)^-1 = D^-1 - D^-1 J' (W^-1 + J D^-1 J')^-1 J D^-1.
 */
export const stepFrom = (
  precision: Float64Array,
  values: Float64Array,
  pulls: readonly Pull[],
  damping: number,
): Float64Array => {
  const gradient = values.map((value, index) => (precision[index] ?? 0) * value);
  const diagonal = Float64Array.from(precision);
  for (const { indices, slopes, residual, strength } of pulls) {
    for (const [at, index] of indices.entries()) {
      const slope = slopes[at] ?? 0;
      gradient[index] = (gradient[index] ?? 0) + strength * slope * residual;
      diagonal[index] = (diagonal[index] ?? 0) + damping * strength * slope ** 2;
    }
  }
  const size = pulls.length;
  const gram = new Float64Array(size * size);
  const dense = new Float64Array(values.length);
  for (const [row, pull] of pulls.entries()) {
    dense.fill(0);
    for (let at = 0; at < pull.indices.length; at += 1) {
      const index = pull.indices[at] ?? 0;
      dense[index] = (pull.slopes[at] ?? 0) / (diagonal[index] ?? 1);
    }
    for (let other = row; other < size; other += 1) {
      const second = pulls[other];
      if (second !== undefined) gram[other * size + row] = along(second, dense);
    }
    gram[row * size + row] = (gram[row * size + row] ?? 0) + 1 / pull.strength;
  }
  const scaled = gradient.map((value, index) => value / (diagonal[index] ?? 1));
  const inRows = solveSystem(
    gram,
    Float64Array.from(pulls, (pull) => along(pull, scaled)),
  );
  const back = new Float64Array(values.length);
  for (const [row, pull] of pulls.entries()) {
    for (const [at, index] of pull.indices.entries()) {
      back[index] = (back[index] ?? 0) + (pull.slopes[at] ?? 0) * (inRows[row] ?? 0);
    }
  }
  return scaled.map((value, index) => -(value - (back[index] ?? 0) / (diagonal[index] ?? 1)));
};
