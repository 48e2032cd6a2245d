import type { StartCommand } from "@qwq-fit/schema";

import type { Candidate } from "../fit/candidate.ts";
import type { Problem } from "../fit/problem.ts";

/** node-llama-cpp runs inside this project's own server: the command that serves the very plan. */
export function nodeLlamaCppCommand(problem: Problem, candidate: Candidate): StartCommand {
  return {
    program: "qwq-fit",
    arguments: [
      "serve",
      "--model",
      candidate.variant.location ?? problem.model.id,
      "--quantization",
      candidate.variant.quantization,
      "--context",
      String(candidate.contextTokens),
      "--concurrency",
      String(candidate.sequences),
      "--kv-cache-type",
      candidate.kvCacheType,
      "--batch",
      String(candidate.batchTokens),
      "--threads",
      String(candidate.threads),
      "--mmap",
      candidate.mmap ? "on" : "off",
      "--flash-attention",
      candidate.flashAttention ? "on" : "off",
      "--offloaded-layers",
      String(candidate.offloadedLayers),
    ],
    environment: {},
  };
}
