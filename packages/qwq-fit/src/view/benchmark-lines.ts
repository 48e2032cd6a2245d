import type { ModelEntry } from "@qwq-fit/schema";

/** A model with the scores that were published of it. */
export type Benchmarked = Pick<ModelEntry, "name" | "benchmarks">;

const MARK = "*";

/**
 * Published scores side by side, a line a benchmark, the first model's order: "AIME24  QwQ-32B 79.5, DeepSeek-R1 671B 79.8".
 * A star marks a score without a source that was read; the last line says so. Empty where no model has a score.
 */
export function benchmarkLines(models: readonly Benchmarked[]): readonly string[] {
  const scores = models.flatMap(({ name, benchmarks = [] }) =>
    benchmarks.map((score) => ({ model: name, ...score })),
  );
  const names = [...new Set(scores.map(({ name }) => name))];
  if (names.length === 0) return [];
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name) => {
    const rows = scores
      .filter((score) => score.name === name)
      .map(({ model, score, unverified }) => `${model} ${score}${unverified === true ? MARK : ""}`);
    return `${name.padEnd(width)}  ${rows.join(", ")}`;
  });
  const marked = scores.some(({ unverified }) => unverified === true);
  return marked ? [...lines, `${MARK} from memory, unverified; of the full models`] : lines;
}
