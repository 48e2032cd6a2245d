/** Families by name, most telling first; a model that matches none is of its architecture's. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/qwq/i, "qwq"],
  [/r1[-_ .]?distill/i, "r1-distill"],
  [/deepseek[-_ .]?r1/i, "deepseek-r1"],
  [/qwen[-_ .]?(2\.5|3\.\d)/i, "qwen"],
  [/qwen[-_ .]?3/i, "qwen3"],
  [/llama/i, "llama"],
];

/** The family of a model by its name: "qwq", "qwen3.5", "r1-distill", "llama". */
export function familyOf(name: string, architecture: string): string {
  const match = FAMILIES.find(([pattern]) => pattern.test(name));
  if (match === undefined) return architecture;
  const version = /qwen[-_ .]?(\d\.\d)/i.exec(name)?.[1];
  return match[1] === "qwen" && version !== undefined ? `qwen${version}` : match[1];
}
