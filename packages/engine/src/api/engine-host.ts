import { QwqError } from "@qwq-fit/schema";
import type { Engine, EngineInfo, EnginePhase, EngineState } from "../engine.ts";

/** "idle": not loaded, and loaded by the next request. */
export type HostPhase = "idle" | EnginePhase;

/** The right to use the engine; it is not unloaded before `release`. */
export interface EngineLease {
  readonly engine: Engine;
  release(): void;
}

/** An engine that is loaded when it is needed and unloaded when it is not. */
export interface EngineHost {
  /** Waits for the engine to be loaded. Throws `aborted`, or what loading threw. */
  acquire(signal?: AbortSignal): Promise<EngineLease>;
  phase(): HostPhase;
  /** Null while nothing is loaded. */
  state(): EngineState | null;
  /** Of the engine that runs or last ran; null before the first was loaded. */
  info(): EngineInfo | null;
  /** Why the last load failed, or null. */
  lastFailure(): string | null;
  /** Ends the engine; later requests get `aborted`. */
  close(): Promise<void>;
}

export interface EngineHostOptions {
  readonly open: () => Promise<Engine>;
  /** Unload after this time without a request; null: never. */
  readonly idleMs?: number | null;
  readonly onPhase?: (phase: HostPhase) => void;
}

/** A host around `open`, which loads one engine at a time. */
export function createEngineHost(options: EngineHostOptions): EngineHost {
  const idleMs = options.idleMs ?? null;
  let loading: Promise<Engine> | null = null;
  let engine: Engine | null = null;
  let info: EngineInfo | null = null;
  let failure: string | null = null;
  let leases = 0;
  let closed = false;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const tell = (): void => options.onPhase?.(phase());

  function phase(): HostPhase {
    if (closed) return "closed";
    if (loading !== null) return "loading";
    if (engine !== null) return engine.state().phase;
    return failure === null ? "idle" : "failed";
  }

  async function load(): Promise<Engine> {
    try {
      const opened = await options.open();
      if (closed) {
        await opened.close();
        throw new QwqError("aborted", "the server is stopping");
      }
      engine = opened;
      info = opened.info;
      failure = null;
      return opened;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      loading = null;
      tell();
    }
  }

  function loaded(): Promise<Engine> {
    if (engine !== null && engine.state().phase !== "closed") return Promise.resolve(engine);
    if (loading === null) {
      engine = null;
      loading = load();
      tell();
    }
    return loading;
  }

  function release(): void {
    leases -= 1;
    restartTimer();
  }

  function restartTimer(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (idleMs === null || leases > 0 || closed) return;
    timer = setTimeout(unload, idleMs);
    timer.unref();
  }

  function unload(): void {
    const idle = engine;
    if (idle === null || leases > 0) return;
    engine = null;
    tell();
    idle.close().catch(() => {});
  }

  return {
    acquire: async (signal) => {
      if (closed) throw new QwqError("aborted", "the server is stopping");
      leases += 1;
      try {
        const got = await untilAborted(loaded(), signal);
        let held = true;
        return {
          engine: got,
          release: () => {
            if (held) release();
            held = false;
          },
        };
      } catch (error) {
        release();
        throw error;
      }
    },
    phase,
    state: () => engine?.state() ?? null,
    info: () => engine?.info ?? info,
    lastFailure: () => failure ?? engine?.state().lastFailure ?? null,
    close: async () => {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await loading?.catch(() => {});
      await engine?.close();
      engine = null;
    },
  };
}

/** The promise, or `aborted` as soon as the signal fires; what it gives later is dropped. */
export function untilAborted<Value>(promise: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new QwqError("aborted", "the request was aborted"));
    if (signal.aborted) {
      promise.catch(() => {});
      abort();
      return;
    }
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
