import { homedir } from "node:os";
import { defaultStateDir } from "@qwq-fit/engine";
import type { LocalEngine } from "@qwq-fit/client";
import { existsSync } from "node:fs";
import type { EnginePlace } from "./found-engines.ts";
import { ENGINE_PLACES } from "./found-engines.ts";
import { createLocalEngine } from "./local-engine.ts";
import { planHere } from "./plan-here.ts";
import type { ReadProfile } from "./plan-here.ts";
import { spawnServe } from "./serve-process.ts";

/** What may be said of the engine on this machine. */
export interface LocalOptions {
  /** Where servers leave their state. @default the user's own folder, or QWQ_FIT_STATE_DIR */
  readonly stateDir?: string;
  /**
   * Who starts a server where none runs: the first request, or `prepare()` alone. @default "request" for a GGUF file on
   * this machine; else "prepare", because a start may download many gigabytes
   */
  readonly start?: "request" | "prepare";
  /** Further arguments of `qwq-fit serve`, as `["--context", "8192"]`. */
  readonly serveArguments?: readonly string[];
  /** Program and arguments before `serve`. @default this Node and the command of this package */
  readonly command?: readonly [string, ...string[]];
  /** Where engines of others listen. @default Ollama, LM Studio, llama-server and vLLM at their own ports */
  readonly engines?: readonly EnginePlace[];
}

/** The engine of this machine for a client. */
export function localEngineOf(
  model: string,
  options: LocalOptions,
  read: ReadProfile,
): LocalEngine {
  const { platform, env } = process;
  const stateDir = options.stateDir ?? defaultStateDir({ platform, home: homedir(), env });
  const isFile = /\.gguf$/iu.test(model) && existsSync(model);
  return createLocalEngine({
    model,
    stateDir,
    spawn: spawnServe(model, {
      stateDir,
      arguments: options.serveArguments ?? [],
      ...(options.command === undefined ? {} : { command: options.command }),
    }),
    start: options.start ?? (isFile ? "request" : "prepare"),
    places: options.engines ?? ENGINE_PLACES,
    plan: () => planHere(model, read),
    now: () => performance.now(),
  });
}
