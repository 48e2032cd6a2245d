import { expect, test } from "vitest";
import { measureCoreUse, threadsBeside } from "./busy.ts";

test.for([
  ["nobody else", 2, { cores: 2, busyCores: 0 }, 2],
  ["a little of one", 2, { cores: 2, busyCores: 0.4 }, 2],
  ["one of two", 2, { cores: 2, busyCores: 1 }, 1],
  ["all of them", 2, { cores: 2, busyCores: 5.4 }, 1],
  ["half of sixteen", 8, { cores: 16, busyCores: 8 }, 8],
  ["most of sixteen", 8, { cores: 16, busyCores: 13 }, 3],
] as const)("others use %s", ([, planned, use, threads]) => {
  expect(threadsBeside(planned, use)).toBe(threads);
});

test("the cores' use is told in cores", async () => {
  const { cores, busyCores } = await measureCoreUse();
  expect(cores).toBeGreaterThan(0);
  expect(busyCores).toBeGreaterThanOrEqual(0);
});
