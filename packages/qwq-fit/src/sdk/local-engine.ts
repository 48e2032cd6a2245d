import type { LocalEngine, LocalStatus, PrepareProgress, Target } from "@qwq-fit/client";
import { QwqError } from "@qwq-fit/schema";
import type { EnginePlace } from "./found-engines.ts";
import { findEngines } from "./found-engines.ts";
import { findOwnServer } from "./find-own-server.ts";
import type { OwnServer } from "./find-own-server.ts";
import type { Spawn } from "./serve-process.ts";
import { shareRun } from "./share-run.ts";
import { serves, waitForServer } from "./wait-for-server.ts";

/** What the engine on this machine is made of. */
export interface LocalEngineParts {
  readonly model: string;
  readonly stateDir: string;
  readonly spawn: Spawn;
  /** Who starts a server where none runs: the first request, or `prepare` alone. */
  readonly start: "request" | "prepare";
  /** Where engines of others are looked for; none: `[]`. */
  readonly places: readonly EnginePlace[];
  readonly plan: () => Promise<unknown>;
  /** Monotonic ms. */
  readonly now: () => number;
}

/** What was seen this long ago still holds for a request, ms: a dead server is found dead by its socket. */
const FRESH_MS = 2000;
const UNAVAILABLE = { progress: null } as const;

/** The engine on this machine as a client needs it: our own server, and those of others. */
export function createLocalEngine(parts: LocalEngineParts): LocalEngine {
  let own: OwnServer | null = null;
  let others: readonly Target[] = [];
  let starting: LocalStatus | null = null;
  let failed: string | null = null;
  let looking: Promise<void> | null = null;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let pid: number | undefined;

  const find = (): Promise<OwnServer | null> =>
    findOwnServer({ stateDir: parts.stateDir, model: parts.model, pid });
  const take = (found: OwnServer | null): void => {
    // The same object while it is the same server in the same state: the client keeps what it learnt of it.
    const same = own !== null && found !== null && own.state.token === found.state.token;
    const target = same && sameTarget(own?.target, found?.target) ? own?.target : found?.target;
    own = found === null || target === undefined ? found : { ...found, target };
  };
  const lookNow = async (): Promise<void> => {
    const [found, engines] = await Promise.all([find(), findEngines(parts.model, parts.places)]);
    take(found);
    if (JSON.stringify(engines) !== JSON.stringify(others)) others = engines;
    lookedMs = parts.now();
  };
  const look = async (): Promise<void> => {
    const first = lookedMs === Number.NEGATIVE_INFINITY;
    if (parts.now() - lookedMs > FRESH_MS) {
      looking ??= lookNow().finally(() => {
        looking = null;
      });
    }
    if ((first || own === null) && looking !== null) await looking;
    if (own === null && parts.start === "request" && failed === null) {
      const run = prepare({});
      // Where others can answer meanwhile they do: this one is heard of by `status`.
      run.catch(() => {});
    }
  };
  const begin = async (
    onProgress: (progress: PrepareProgress) => void,
    signal: AbortSignal,
  ): Promise<void> => {
    failed = null;
    starting = { state: "loading", progress: null, reason: "starting" };
    try {
      await waitForServer(parts.stateDir, parts.model, signal, {
        find: async () => {
          const found = await find();
          if (found !== null) take(found);
          return own;
        },
        spawn: () => {
          const process = parts.spawn();
          ({ pid } = process);
          return process;
        },
        told: (progress) => {
          starting = statusOf(progress);
          onProgress(progress);
        },
      });
      lookedMs = parts.now();
    } catch (error) {
      if (!QwqError.is(error, "aborted"))
        failed = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      starting = null;
    }
  };
  const prepare = shareRun((onProgress, signal) => begin(onProgress, signal));
  const status = (): LocalStatus => {
    if (starting !== null) return starting;
    if (failed !== null) return { ...UNAVAILABLE, state: "failed", reason: failed };
    if (own !== null) {
      const { phase, failure } = own;
      if (phase === "failed") return { ...UNAVAILABLE, state: "failed", reason: failure };
      if (phase === "loading") return { ...UNAVAILABLE, state: "loading", reason: null };
      return { state: "ready", progress: 1, reason: null };
    }
    return {
      ...UNAVAILABLE,
      state: "downloadable",
      reason: "no server of this model runs here; `prepare` starts one",
    };
  };
  return {
    plan: parts.plan,
    status,
    prepare,
    look,
    target: () => (own !== null && serves(own.phase) ? own.target : null),
    others: () => others,
  };
}

const sameTarget = (a: Target | undefined, b: Target | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** A phase of preparing as a status. */
function statusOf({ phase, done, total }: PrepareProgress): LocalStatus {
  return {
    state: phase === "load" ? "loading" : "downloading",
    progress: total === null || total === 0 ? null : Math.min(1, done / total),
    reason: phase === "engine" ? "installing the engine" : null,
  };
}
