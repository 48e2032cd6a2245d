import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadFitted } from "./fitted.ts";
import { currentGolden, type Golden, goldenFile } from "./golden.ts";
import { judgeRows } from "./judge.ts";
import { readRow } from "./measurement-file.ts";

/** Half a percent: a logarithm's last bits or a re-read data sheet may move a median so far, a mistake moves it more. */
const TOLERANCE = 0.005;

test("predictions on our own measurements are as the golden table has them", () => {
  const golden = JSON.parse(readFileSync(goldenFile, "utf8")) as Golden;
  const current = currentGolden();
  // run `node test/accuracy/fit.ts && node test/accuracy/golden.ts` where data or model changed on purpose
  expect(Object.keys(current)).toEqual(Object.keys(golden));
  const moved = Object.entries(golden).filter(([name, values]) =>
    values.some((value, index) => {
      const now = current[name]?.[index] ?? null;
      return value === null || now === null
        ? value !== now
        : Math.abs(value - now) > (Number.isInteger(value) ? 0 : TOLERANCE);
    }),
  );
  expect(moved.map(([name, values]) => ({ name, golden: values, now: current[name] }))).toEqual([]);
});

const collected = {
  id: "x",
  hardware: "RTX 3090 24GB",
  count: 1,
  model: "Qwen2.5-7B",
  quant: "Q4_K_M",
  engine: "llama.cpp",
  backend: "CUDA",
  context_tokens: null,
  prompt_tps: null,
  decode_tps: 120,
  metric: "tg128/pp512",
  fully_offloaded: true,
  weight_bytes_per_token: null,
  grade: "A",
  date: "2026-05",
  source: "a test",
};

const judged = (change: object): ReturnType<typeof judgeRows> => {
  const { catalog, coefficients } = loadFitted();
  const row = readRow({ ...collected, ...change });
  return judgeRows(row === null ? [] : [row], catalog, coefficients);
};

test("a row of the collected format is judged by its label and its model's name alone", () => {
  const [entry] = judged({}).judged;
  expect(entry?.refused).toBeNull();
  expect(entry?.predicted).toBeGreaterThan(80);
  expect(entry?.predicted).toBeLessThan(180);
  expect(entry?.low).toBeLessThan(entry?.predicted ?? 0);
});

test("a row above the nominal bandwidth is refused with the figures, and no other", () => {
  // 4.37 GB a token at 936 GB/s are 214 a second
  const [fast] = judged({ decode_tps: 230 }).judged;
  expect(fast?.refused).toMatch(/230 tokens\/s of 4\.4 GB need 100\d\.\d GB\/s; .* 936\.0 GB\/s/);
  expect(judged({ decode_tps: 200 }).judged[0]?.refused).toBeNull();
  expect(judged({ decode_tps: 3 }).judged[0]?.refused).toBeNull();
});

test("a prompt speed above the stated throughput is refused", () => {
  // 142 TFLOPS over twice 7.1e9 operations are 10,000 a second
  const [fast] = judged({ decode_tps: null, prompt_tps: 12_000 }).judged;
  expect(fast?.refused).toMatch(/need \d+\.\d TFLOPS; 142\.0 are stated/);
  expect(judged({ decode_tps: null, prompt_tps: 5000 }).judged[0]?.refused).toBeNull();
});

test("hardware that is not known is told, not guessed", () => {
  const { judged: none, unresolved } = judged({ hardware: "Quantum Abacus 9000" });
  expect(none).toEqual([]);
  expect(unresolved[0]?.reason).toMatch(/hardware unknown: "Quantum Abacus 9000"/);
});
