import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import type { KvCacheType } from "@qwq-fit/schema";

export interface EngineConfiguration {
  readonly contextTokens: number;
  readonly batchTokens: number;
  readonly sequences: number;
  readonly flashAttention: boolean;
  readonly kvCacheType: KvCacheType;
}

/** One file with one way of loading it, and all contexts to make of it. */
export interface EngineJob {
  readonly file: string;
  readonly backend: "cpu" | "vulkan";
  readonly offloadedLayers: number;
  readonly mmap: boolean;
  /** How many devices; more than the machine has are the first one again. */
  readonly devices: number;
  readonly configurations: readonly EngineConfiguration[];
}

/** What the engine did with a configuration: its log, or its refusal. */
export type EngineAnswer = { readonly log: string } | { readonly error: string };

/** Runs a job in a process of its own. One answer a configuration; null where this machine has no device for the backend. */
export async function runEngine(job: EngineJob): Promise<readonly EngineAnswer[] | null> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "engine-child.ts"), JSON.stringify(job)],
    {
      stdio: ["ignore", "pipe", "pipe"],
      // llvmpipe, Vulkan's software device, is left out by the engine unless it is named
      env: { ...process.env, GGML_VK_VISIBLE_DEVICES: Array(job.devices).fill("0").join() },
    },
  );
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  if (code === 3) return null;
  const answers = output.split("\n").filter((line) => line.startsWith("{"));
  if (code !== 0 || answers.length !== job.configurations.length) {
    throw new Error(
      `the engine ended with ${String(code)} after ${answers.length} answers: ${errors.slice(-2000)}`,
    );
  }
  return answers.map((line): EngineAnswer => JSON.parse(line));
}
