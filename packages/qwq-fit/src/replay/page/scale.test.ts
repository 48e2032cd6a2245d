import { expect, test } from "vitest";
import { timeLabel } from "./scale.ts";

test.for([
  [0.4, "0.4 ms"],
  [999.6, "1 s"],
  [59_700, "1 min"],
  // Rounded once: by way of 1,400 s it would be 23 min.
  [1_430_000, "24 min"],
  [3_590_000, "1 h"],
  [8_280_000, "2.3 h"],
] as const)("%d ms is %s", ([ms, label]) => {
  expect(timeLabel(ms)).toBe(label);
});
