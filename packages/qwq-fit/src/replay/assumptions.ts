import { short, usd } from "../view/numbers.ts";
import type { Fleet, ReplayInput } from "./replay.ts";
import type { TraceFacts } from "./trace/trace-facts.ts";

const HOUR_MS = 3_600_000;

/** What a replay takes for granted, in words, so that nobody must guess. */
export function replayAssumptions(
  input: ReplayInput,
  fleets: readonly Fleet[],
  facts: TraceFacts,
): readonly string[] {
  const { electricity, years, idleOffMs } = input.build;
  const nodes = fleets.flatMap((fleet) => fleet.nodes);
  const owns = nodes.some(({ price }) => price.kind === "own");
  const clouds = nodes.some(({ price }) => price.kind === "tokens");
  return [
    `A month is the trace's ${short(facts.spanMs / HOUR_MS)} hours over and over.`,
    ...(owns
      ? [
          `Machines are paid over ${short(years)} years; energy is counted while they compute, at ${usd(electricity.value)} a kWh. A device's price is without the computer around it.`,
        ]
      : []),
    ...(clouds
      ? [
          "Clouds are taken to have room at any time; how fast they are is assumed, widely, where it is not told.",
        ]
      : []),
    ...(idleOffMs === null
      ? ["Machines are on and loaded all the time."]
      : [`Machines are off at first and after ${short(idleOffMs / 60_000)} idle minutes.`]),
    "An answer's length is not known before it is there: the router expects the trace's mean.",
    "Nobody gives up waiting; what finds every queue full is turned away.",
  ];
}
