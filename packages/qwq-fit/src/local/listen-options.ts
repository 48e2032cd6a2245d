import type { CommandIo } from "../command-io.ts";
import type { ServeOptions } from "../options/local-options.ts";
import { stateDirOf } from "./local-places.ts";

/** Where and for whom a local server listens. */
export interface ListenOptions {
  readonly stateDir: string;
  readonly host: string;
  readonly port: number;
  readonly apiKeys: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly idleMs: number | null;
  /** Answers what is asked before any key is; null leaves a request to the API. */
  readonly before?: (request: Request) => Promise<Response> | null;
}

const MINUTE_MS = 60_000;

/** {@link ListenOptions} as `serve` was told them. */
export function listenOptions(options: ServeOptions, { environment }: CommandIo): ListenOptions {
  const key = options.apiKey ?? environment["QWQ_FIT_API_KEY"];
  const { host, port, idleMinutes } = options;
  return {
    stateDir: stateDirOf(options.stateDir, environment),
    host,
    port,
    apiKeys: key === undefined || key === "" ? [] : [key],
    corsOrigins: options.corsOrigin ?? [],
    idleMs: idleMinutes === undefined ? null : idleMinutes * MINUTE_MS,
  };
}
