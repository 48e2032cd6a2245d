import type { StartCommand } from "@qwq-fit/schema";

import type { Candidate } from "../fit/candidate.ts";
import type { Problem } from "../fit/problem.ts";

/** `hf:org/repo:quant` as llama-server's `-hf` takes it; a path or URL as it stands. */
function modelArguments(problem: Problem, candidate: Candidate): readonly string[] {
  const location = candidate.variant.location;
  if (location === null) return ["-hf", `${problem.model.id}:${candidate.variant.quantization}`];
  if (location.startsWith("hf:")) {
    const name = location.slice("hf:".length);
    const quantized = name.includes(":") ? name : `${name}:${candidate.variant.quantization}`;
    return ["-hf", quantized];
  }
  if (/^https?:/.test(location)) return ["--model-url", location];
  return ["--model", location];
}

function ropeArguments(problem: Problem, candidate: Candidate): readonly string[] {
  const trained = problem.model.contextTokens;
  if (candidate.contextTokens <= trained) return [];
  const scale = Math.ceil(candidate.contextTokens / trained);
  return ["--rope-scaling", "yarn", "--rope-scale", `${scale}`, "--yarn-orig-ctx", `${trained}`];
}

function splitArguments(problem: Problem, candidate: Candidate): readonly string[] {
  const same = problem.hardware.devices.filter(({ backends }) =>
    backends.includes(candidate.support.backend),
  );
  if (candidate.offloadedLayers === 0 || same.length < 2) return [];
  if (candidate.devices.length > 1) return ["--split-mode", "layer"];
  const index = same.findIndex(({ id }) => id === candidate.devices[0]);
  return ["--split-mode", "none", "--main-gpu", String(Math.max(0, index))];
}

/** The other machines, each running `ggml-rpc-server` on its usual port (llama.cpp v0.5.0 tools/rpc/README.md). */
function hostArguments({ hosts }: Candidate): readonly string[] {
  if (hosts < 2) return [];
  const others = Array.from({ length: hosts - 1 }, (_, index) => `HOST${index + 2}:50052`);
  return ["--rpc", others.join(",")];
}

/**
 * llama-server's command line for a plan. Flags: llama.cpp v0.5.0 common/arg.cpp. `--fit off`, because
 * the plan has fitted already; `--no-kv-unified` gives every sequence its own cache, as planned;
 * `--ctx-size` is the sum of all sequences (tools/server/README.md, --parallel).
 */
export function llamaServerCommand(problem: Problem, candidate: Candidate): StartCommand {
  return {
    program: "llama-server",
    arguments: [
      ...modelArguments(problem, candidate),
      "--ctx-size",
      String(candidate.contextTokens * candidate.sequences),
      "--parallel",
      String(candidate.sequences),
      "--no-kv-unified",
      "--threads",
      String(candidate.threads),
      "--batch-size",
      String(candidate.batchTokens),
      "--ubatch-size",
      String(candidate.batchTokens),
      "--cache-type-k",
      candidate.kvCacheType,
      "--cache-type-v",
      candidate.kvCacheType,
      "--flash-attn",
      candidate.flashAttention ? "on" : "off",
      "--n-gpu-layers",
      String(candidate.offloadedLayers),
      ...splitArguments(problem, candidate),
      ...(candidate.expertsOnCpu ? ["--cpu-moe"] : []),
      ...hostArguments(candidate),
      "--load-mode",
      candidate.mmap ? "mmap" : "none",
      candidate.repack ? "--repack" : "--no-repack",
      ...ropeArguments(problem, candidate),
      "--fit",
      "off",
      "--jinja",
      "--host",
      "127.0.0.1",
      "--port",
      "8080",
    ],
    environment: {},
  };
}
