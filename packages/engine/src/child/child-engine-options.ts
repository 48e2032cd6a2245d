import type { EngineSettings } from "../engine-settings.ts";
import type { WatchdogOptions } from "./engine-process.ts";
import type { Replan } from "./supervisor.ts";

/** Ms that a chunk of a prompt takes at the most where nobody waits beside it: an abort is heard at its end. */
export const DEFAULT_ALONE_CHUNK_MS = 1000;

/** What an engine in a child process is started with. */
export interface ChildEngineOptions {
  readonly modelPath: string;
  readonly settings: EngineSettings;
  /** The folder of the node-llama-cpp package, as `installEngine` answers it. */
  readonly bindingFolder: string;
  readonly engineVersion: string;
  /** Requests that may wait for a sequence. Default: four for each sequence. */
  readonly queueLimit?: number;
  /** Default 100. See `SchedulerConfig.chunkMs`. */
  readonly chunkMs?: number;
  /** Default {@link DEFAULT_ALONE_CHUNK_MS}. */
  readonly aloneChunkMs?: number;
  readonly watchdog?: Partial<WatchdogOptions>;
  /** Smaller settings for ones that failed. Default: `stepDown`. */
  readonly replan?: Replan;
  /** A JSON file that remembers what failed on this machine. Default: none. */
  readonly failuresPath?: string | null;
  /** The child's program, where it does not lie beside this file. */
  readonly childEntry?: URL;
  /** The engine's own log; no text of prompts is in it. */
  readonly log?: (level: string, line: string) => void;
}
