import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { QwqError } from "@qwq-fit/schema";
import type { FitPlan, NodePerformance, ServerState } from "@qwq-fit/schema";
import type { ResponsesDialect } from "@qwq-fit/wire";
import { DEFAULT_API_LIMITS } from "../api/api-options.ts";
import type { ApiLimits, RequestLog } from "../api/api-options.ts";
import { createApi } from "../api/app.ts";
import { createEngineHost } from "../api/engine-host.ts";
import type { EngineHost, HostPhase } from "../api/engine-host.ts";
import type { ServedModel } from "../api/served-model.ts";
import type { Engine } from "../engine.ts";
import { tryLock } from "../lock/file-lock.ts";
import type { FileLock } from "../lock/file-lock.ts";
import { isLoopbackAddress, listen } from "./listen.ts";
import type { Listener } from "./listen.ts";
import { readState, removeState, writeState } from "./state-file.ts";
import { serverId, serversDir } from "./state-dir.ts";

export interface StartServerOptions {
  /** Opens the engine: at once, or when the first request comes. */
  readonly open: () => Promise<Engine>;
  readonly model: ServedModel;
  readonly plan: FitPlan | null;
  /** What is told of slots and context before the engine is loaded. Default: the plan's. */
  readonly slots?: number;
  readonly contextTokens?: number;
  readonly performance?: readonly NodePerformance[];
  readonly stateDir: string;
  /** Default 127.0.0.1. Anything wider needs `apiKeys`. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Read with each request: a key that is added counts at once. */
  readonly apiKeys?: readonly string[];
  readonly corsOrigins?: readonly string[];
  /** Answers what is asked before any key is; null leaves a request to the API. */
  readonly before?: (request: Request) => Promise<Response> | null;
  readonly limits?: Partial<ApiLimits>;
  /** Default "openai". */
  readonly responsesDialect?: ResponsesDialect;
  /** The engine is unloaded after this time without a request; null (default): never. */
  readonly idleMs?: number | null;
  /** Load the engine before the first request. Default true. */
  readonly eager?: boolean;
  readonly log?: (entry: RequestLog) => void;
  readonly onPhase?: (phase: HostPhase) => void;
}

/** A server that listens. */
export interface RunningServer {
  readonly state: ServerState;
  /** "http://127.0.0.1:PORT/v1". */
  readonly baseUrl: string;
  readonly host: EngineHost;
  /** Resolves when the engine is loaded; rejects where it cannot be. */
  whenReady(): Promise<void>;
  /**
   * Lets running requests end for `graceMs` (default 10,000), then ends them, the engine and the state. With 0 at
   * once, also where it is stopping already.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
  /** Resolves when the server has stopped, however that came. */
  readonly stopped: Promise<void>;
}

/** A comment on a silent stream this often: proxies cut connections that are silent for 60 s or more. */
const PING_MS = 5000;
const GRACE_MS = 10_000;

/**
 * Starts the server of a model: takes its lock, listens, writes its state file. There is one server per model and state
 * directory. @throws QwqError `locked` (details: baseUrl, pid), `invalid_configuration` for a host beyond loopback
 * without a key, `network` where the port is taken.
 */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  const address = options.host ?? "127.0.0.1";
  const apiKeys = options.apiKeys ?? [];
  const loopback = isLoopbackAddress(address);
  if (!loopback && apiKeys.length === 0) {
    throw new QwqError("invalid_configuration", `serving on ${address} needs an API key`, {
      hint: "Pass --api-key, or serve on 127.0.0.1.",
    });
  }
  const id = serverId(options.model.id);
  const lock = await lockServer(options.stateDir, id);
  let listener: Listener | null = null;
  let server: RunningServer | null = null;
  const host = createEngineHost({
    open: options.open,
    idleMs: options.idleMs ?? null,
    ...(options.onPhase === undefined ? {} : { onPhase: options.onPhase }),
  });
  try {
    const token = randomBytes(32).toString("base64url");
    const app = createApi({
      host,
      model: options.model,
      node: {
        name: id,
        privacy: loopback ? "device" : "own-network",
        slots: options.slots ?? options.plan?.sequences ?? 1,
        contextTokens: options.contextTokens ?? options.plan?.contextTokens ?? null,
        performance: options.performance ?? [],
        plan: options.plan,
      },
      baseUrl: () => listener?.baseUrl ?? "",
      loopback,
      apiKeys,
      token,
      corsOrigins: options.corsOrigins ?? [],
      limits: { ...DEFAULT_API_LIMITS, ...options.limits },
      responsesDialect: options.responsesDialect ?? "openai",
      pingMs: PING_MS,
      now: Date.now,
      newId: () => randomUUID().replaceAll("-", ""),
      log: options.log ?? (() => {}),
      onStop: () => void server?.stop(),
    });
    const fetch = (request: Request): Response | Promise<Response> =>
      options.before?.(request) ?? app.fetch(request);
    listener = await listen(fetch, address, options.port ?? 0);
    const state: ServerState = {
      schemaVersion: 1,
      id,
      model: options.model.id,
      baseUrl: listener.baseUrl,
      token,
      pid: process.pid,
      startedAt: new Date().toISOString(),
      planId: options.plan?.id ?? "",
    };
    await writeState(options.stateDir, state);
    const running = runningServer(options, state, listener, host, lock);
    server = running;
    if (options.eager !== false) running.whenReady().catch(() => {});
    return running;
  } catch (error) {
    await listener?.close(0);
    await host.close();
    await lock.release();
    throw error;
  }
}

async function lockServer(stateDir: string, id: string): Promise<FileLock> {
  const attempt = await tryLock(join(serversDir(stateDir), `${id}.lock`));
  if (attempt.held) return attempt.lock;
  const state = await readState(stateDir, id);
  const where = state === null ? "" : ` at ${state.baseUrl}`;
  throw new QwqError("locked", `this model is served already${where}`, {
    hint: "Use that server, stop it with `qwq-fit stop`, or pass another --state-dir.",
    details: { id, pid: attempt.holder.pid, baseUrl: state?.baseUrl ?? null },
  });
}

function runningServer(
  { stateDir }: StartServerOptions,
  state: ServerState,
  listener: Listener,
  host: EngineHost,
  lock: FileLock,
): RunningServer {
  let stopping: Promise<void> | null = null;
  let resolveStopped: (() => void) | null = null;
  const stopped = new Promise<void>((resolve) => {
    resolveStopped = resolve;
  });
  const end = async (graceMs: number): Promise<void> => {
    // The state goes first: nobody new is sent here.
    await removeState(stateDir, state);
    await listener.close(graceMs);
    await host.close();
    await lock.release();
    resolveStopped?.();
  };
  return {
    state,
    baseUrl: state.baseUrl,
    host,
    stopped,
    whenReady: async () => {
      const lease = await host.acquire();
      try {
        // Tokenizing waits for an engine that answers before its model is loaded.
        if (lease.engine.info.capabilities.tokens) await lease.engine.tokenize("");
      } finally {
        lease.release();
      }
    },
    stop: ({ graceMs = GRACE_MS } = {}) => {
      if (stopping !== null && graceMs === 0) listener.cut();
      stopping ??= end(graceMs);
      return stopping;
    },
  };
}
