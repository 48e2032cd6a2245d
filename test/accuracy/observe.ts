import type { SpeedCoefficients } from "../../packages/planner/src/speed/speed-coefficients.ts";
import {
  type SpeedComponent,
  decodeComponents,
  prefillComponents,
} from "../../packages/planner/src/speed/speed-components.ts";
import type { Measurement } from "../../packages/schema/src/index.ts";
import type { RowInput } from "./row-input.ts";
import type { Observation } from "./solve.ts";

type Chips = SpeedCoefficients["chips"];

const weightOf: Readonly<Record<Measurement["grade"], number>> = { A: 1, B: 0.8, C: 0.15 };

const times = (components: readonly SpeedComponent[], factor: number): readonly SpeedComponent[] =>
  components.map((component) => ({ ...component, reference: component.reference * factor }));

/** Seconds of one generated token as the row's tool counts them: with its share of the prompt where it does. */
export function decodeObservation({ row, run, input }: RowInput, chips: Chips): Observation | null {
  const rate = row.decodeTokensPerSecond;
  if (rate === null) return null;
  const prompt =
    run.promptWithin > 1
      ? times(prefillComponents(input, run.promptWithin, chips), run.sequences / run.generated)
      : [];
  return {
    id: String(row.id),
    measured: (run.aggregate ? run.sequences : 1) / rate,
    components: [...decodeComponents(input, run.depth, chips), ...prompt],
    weight: weightOf[row.grade],
  };
}

/** Seconds of one prompt token. */
export function prefillObservation(
  { row, run, input }: RowInput,
  chips: Chips,
): Observation | null {
  const rate = row.promptTokensPerSecond;
  if (rate === null) return null;
  return {
    id: String(row.id),
    measured: 1 / rate,
    components: times(prefillComponents(input, run.promptTokens, chips), 1 / run.promptTokens),
    weight: weightOf[row.grade],
  };
}
