import type { EngineSettings } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";

/** llama-server's flags for settings that change after planning (llama.cpp v0.5.0 common/arg.cpp). */
const FLAGS: readonly (readonly [flag: string, value: (settings: EngineSettings) => string])[] = [
  // The sum of all sequences.
  ["--ctx-size", ({ contextTokens, sequences }) => String(contextTokens * sequences)],
  ["--parallel", ({ sequences }) => String(sequences)],
  ["--threads", ({ threads }) => String(threads)],
  ["--batch-size", ({ batchTokens }) => String(batchTokens)],
  ["--ubatch-size", ({ batchTokens }) => String(batchTokens)],
  ["--cache-type-k", ({ kvCacheType }) => kvCacheType],
  ["--cache-type-v", ({ kvCacheType }) => kvCacheType],
  ["--flash-attn", ({ flashAttention }) => (flashAttention ? "on" : "off")],
  ["--n-gpu-layers", ({ offloadedLayers }) => String(offloadedLayers)],
  ["--load-mode", ({ mmap }) => (mmap ? "mmap" : "none")],
];

/**
 * A plan's arguments for llama-server with these settings in place of the plan's: what a person gave by hand, what is left
 * after a step down, LoRA adapters. On the CPU no device is used, however many there are.
 *
 * @throws {QwqError} `unsupported_combination` for an adapter whose path it cannot be told.
 */
export function llamaServerArguments(
  planned: readonly string[],
  settings: EngineSettings,
): readonly string[] {
  const told = [...planned];
  for (const [flag, value] of FLAGS) {
    const at = told.indexOf(flag);
    if (at === -1) told.push(flag, value(settings));
    else told[at + 1] = value(settings);
  }
  if (settings.backend === "cpu" && !told.includes("--device")) told.push("--device", "none");
  for (const { path, scale } of settings.loras) {
    // It takes "FILE:SCALE,FILE:SCALE" and no escapes.
    if (/[:,]/u.test(path)) {
      throw new QwqError("unsupported_combination", `llama-server cannot be told of ${path}`, {
        hint: "Its --lora-scaled takes no colon and no comma in a path: name the adapter from its own folder.",
      });
    }
    told.push("--lora-scaled", `${path}:${scale}`);
  }
  return told;
}
