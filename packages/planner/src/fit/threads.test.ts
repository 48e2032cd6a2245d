import { expect, test } from "vitest";

import { exampleMachine } from "./example-values.ts";
import { computeThreads } from "./threads.ts";

const { cpu } = exampleMachine(8);

test.each([
  ["a thread a physical core", { physicalCores: 8, logicalCores: 16, usableCores: 16 }, 8],
  ["not more than a container grants", { physicalCores: 8, logicalCores: 16, usableCores: 3 }, 3],
  [
    "performance cores alone",
    {
      physicalCores: 24,
      logicalCores: 32,
      usableCores: 32,
      performanceCores: 8,
      efficiencyCores: 16,
    },
    8,
  ],
  [
    "efficiency cores where there are no others",
    { physicalCores: 4, logicalCores: 4, usableCores: 4, performanceCores: 0, efficiencyCores: 4 },
    4,
  ],
  ["at least one", { physicalCores: 0, logicalCores: 0, usableCores: 0 }, 1],
])("%s", (_, change, threads) => {
  expect(computeThreads({ ...cpu, ...change })).toBe(threads);
});
