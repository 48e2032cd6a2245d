import { existsSync } from "node:fs";

type Check = (value: string) => boolean;

const count: Check = (value) => /^\d+$/u.test(value) && Number(value) > 0;
const whole: Check = (value) => /^\d+$/u.test(value);
const oneOf =
  (...values: string[]): Check =>
  (value) =>
    values.includes(value);
const TYPES = oneOf("f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1");
const LORA: Check = (value) =>
  value.split(",").every((item) => {
    const parts = item.split(":");
    return parts.length === 2 && existsSync(parts[0] ?? "") && !Number.isNaN(Number(parts[1]));
  });

/** llama-server's flags that this project uses and what their values may be (llama.cpp v0.5.0 common/arg.cpp); null: no value. */
const FLAGS: Readonly<Record<string, Check | null>> = {
  "--model": existsSync,
  "--model-url": (value) => URL.canParse(value),
  "-hf": (value) => /^[^/\s]+\/[^/\s]+$/u.test(value),
  "--ctx-size": count,
  "--parallel": count,
  "--no-kv-unified": null,
  "--threads": count,
  "--batch-size": count,
  "--ubatch-size": count,
  "--cache-type-k": TYPES,
  "--cache-type-v": TYPES,
  "--flash-attn": oneOf("on", "off", "auto"),
  "--n-gpu-layers": whole,
  "--split-mode": oneOf("none", "layer", "row", "tensor"),
  "--main-gpu": whole,
  "--device": (value) => value !== "",
  "--cpu-moe": null,
  "--load-mode": oneOf("auto", "none", "mmap", "mlock", "mmap+mlock", "dio"),
  "--repack": null,
  "--no-repack": null,
  "--rope-scaling": oneOf("none", "linear", "yarn"),
  "--rope-scale": count,
  "--yarn-orig-ctx": count,
  "--lora-scaled": LORA,
  "--fit": oneOf("on", "off"),
  "--jinja": null,
  "--host": (value) => value !== "",
  "--port": count,
  // Of tests alone: the program fails as one without memory does.
  "--fail": null,
};

/**
 * Arguments as llama-server reads them: what comes last counts. @throws an error as it prints one, for an argument that it
 * does not have or a value that it does not take.
 */
export function readLlamaServerFlags(given: readonly string[]): ReadonlyMap<string, string> {
  const flags = new Map<string, string>();
  for (let at = 0; at < given.length; at++) {
    const flag = given[at] ?? "";
    const check = Object.hasOwn(FLAGS, flag) ? FLAGS[flag] : undefined;
    if (check === undefined) throw new Error(`error: invalid argument: ${flag}`);
    if (check === null) {
      flags.set(flag, "");
      continue;
    }
    const value = given[++at];
    if (value === undefined) throw new Error(`error: expected value for argument: ${flag}`);
    if (!check(value)) throw new Error(`error while handling argument "${flag}": ${value}`);
    flags.set(flag, value);
  }
  return flags;
}
