import type { SpeedPart } from "../../packages/planner/src/speed/speed-coefficients.ts";
import {
  type SpeedComponent,
  componentTime,
} from "../../packages/planner/src/speed/speed-components.ts";
import { type Pull, stepFrom } from "./damped-step.ts";
import { priorSpread, START } from "./priors.ts";

/** A measured time as the sum of components, each of a reference time and fitted terms. */
export interface Observation {
  readonly id: string;
  /** Seconds. */
  readonly measured: number;
  readonly components: readonly SpeedComponent[];
  readonly weight: number;
}

export interface Solution {
  readonly intercepts: Readonly<Record<SpeedPart, number>>;
  readonly terms: Readonly<Record<string, number>>;
}

/**
 * Student's t with few degrees of freedom, so that a broken row does not bend the rest; the scale is
 * the spread of repeated runs of good rows, as the logarithm of a factor.
 */
const FREEDOM = 4;
const SCALE = 0.05;
const MOST_STEPS = 60;
/** Of the objective, which counts half squares of residuals over their scale. */
const LEAST_GAIN = 5e-3;

interface Part {
  readonly part: SpeedPart;
  readonly reference: number;
  readonly intercept: number;
  readonly indices: readonly number[];
  readonly amounts: readonly number[];
}

interface Problem {
  readonly names: readonly string[];
  readonly precision: Float64Array;
  readonly rows: readonly {
    readonly logMeasured: number;
    readonly weight: number;
    readonly parts: readonly Part[];
  }[];
}

const parameterOf = (part: SpeedPart): string => `${part}.whole`;

const pose = (observations: readonly Observation[]): Problem => {
  const index = new Map<string, number>();
  const indexOf = (name: string): number => {
    const known = index.get(name);
    if (known !== undefined) return known;
    index.set(name, index.size);
    return index.size - 1;
  };
  const rows = observations.map(({ measured, components, weight }) => ({
    logMeasured: Math.log(measured),
    weight,
    parts: components.map((component) => ({
      part: component.part,
      reference: component.reference,
      intercept: START[component.part],
      indices: [
        indexOf(parameterOf(component.part)),
        ...component.terms.map(([name]) => indexOf(name)),
      ],
      amounts: [1, ...component.terms.map(([, amount]) => amount)],
    })),
  }));
  const names = [...index.keys()];
  const precision = Float64Array.from(names, (name) => 1 / priorSpread(name) ** 2);
  return { names, precision, rows };
};

const partTime = (part: Part, values: Float64Array): ReturnType<typeof componentTime> => {
  let exponent = part.intercept;
  for (const [at, index] of part.indices.entries()) {
    exponent += (part.amounts[at] ?? 0) * (values[index] ?? 0);
  }
  return componentTime(part.part, part.reference, exponent);
};

const objective = (problem: Problem, values: Float64Array): number => {
  let total = 0;
  for (const { logMeasured, weight, parts } of problem.rows) {
    let seconds = 0;
    for (const part of parts) seconds += partTime(part, values).seconds;
    const residual = (Math.log(seconds) - logMeasured) / SCALE;
    total += ((weight * (FREEDOM + 1)) / 2) * Math.log1p(residual ** 2 / FREEDOM);
  }
  for (const [index, value] of values.entries()) {
    total += ((problem.precision[index] ?? 0) * value ** 2) / 2;
  }
  return total;
};

const pullOf = (row: Problem["rows"][number], values: Float64Array): Pull => {
  const times = row.parts.map((part) => partTime(part, values));
  const total = times.reduce((sum, { seconds }) => sum + seconds, 0);
  const slopes = new Map<number, number>();
  for (const [at, part] of row.parts.entries()) {
    const share = (times[at]?.moving ?? 0) / total / SCALE;
    for (const [term, index] of part.indices.entries()) {
      slopes.set(index, (slopes.get(index) ?? 0) + share * (part.amounts[term] ?? 0));
    }
  }
  const residual = (Math.log(total) - row.logMeasured) / SCALE;
  return {
    indices: Int32Array.from(slopes.keys()),
    slopes: Float64Array.from(slopes.values()),
    residual,
    strength: (row.weight * (FREEDOM + 1)) / (FREEDOM + residual ** 2),
  };
};

/**
 * The terms that explain the observations best: maximum a posteriori with a normal prior on every term
 * (so a group with few rows leans on the group above it) and a robust likelihood of log times.
 * Levenberg and Marquardt's method from zero, or from an earlier solution; deterministic.
 */
export function solve(observations: readonly Observation[], from?: Solution): Solution {
  const problem = pose(observations);
  const started = problem.names.map((name) => startOf(name, from));
  let values = Float64Array.from(started);
  let best = objective(problem, values);
  let damping = 1e-3;
  for (let step = 0; step < MOST_STEPS && damping < 1e8; step += 1) {
    const pulls = problem.rows.map((row) => pullOf(row, values));
    const moved = stepFrom(problem.precision, values, pulls, damping);
    const next = values.map((value, index) => value + (moved[index] ?? 0));
    const reached = objective(problem, next);
    if (reached > best + LEAST_GAIN) {
      damping *= 5;
      continue;
    }
    const gained = best - reached;
    if (gained > 0) {
      values = next;
      best = reached;
    }
    damping = Math.max(damping / 5, 1e-9);
    if (gained < LEAST_GAIN) break;
  }
  return solutionOf(problem.names, values);
}

const parts: readonly SpeedPart[] = [
  "layer",
  "weights",
  "cache",
  "link",
  "compute",
  "attention",
  "stream",
];

const startOf = (name: string, from: Solution | undefined): number => {
  if (from === undefined) return 0;
  const part = parts.find((candidate) => parameterOf(candidate) === name);
  return part === undefined ? (from.terms[name] ?? 0) : from.intercepts[part] - START[part];
};

const solutionOf = (names: readonly string[], values: Float64Array): Solution => {
  const found = new Map(names.map((name, index) => [name, values[index] ?? 0]));
  const intercept = (part: SpeedPart): number => START[part] + (found.get(parameterOf(part)) ?? 0);
  return {
    intercepts: {
      layer: intercept("layer"),
      weights: intercept("weights"),
      cache: intercept("cache"),
      link: intercept("link"),
      compute: intercept("compute"),
      attention: intercept("attention"),
      stream: intercept("stream"),
    },
    terms: Object.fromEntries(
      [...found].filter(([name]) => !parts.some((part) => parameterOf(part) === name)),
    ),
  };
};
