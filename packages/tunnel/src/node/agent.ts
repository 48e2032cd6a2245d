import { QwqError } from "@qwq-fit/schema";
import type { NodeSnapshot } from "@qwq-fit/schema";
import type { AgentLimits } from "../agent/session.ts";
import { DEFAULT_AGENT_LIMITS } from "../agent/session.ts";
import type { NodeHello } from "../node-report.ts";
import { deferred } from "./deferred.ts";
import { describeLocal } from "./describe-local.ts";
import { type Connection, dial } from "./dial.ts";
import type { HttpNode } from "./http-node.ts";
import type { NodeKeys } from "./node-keys.ts";

/** What a machine keeps of its membership; `privateKey` stays on it. */
export interface Membership {
  readonly router: string;
  readonly id: string;
  readonly name: string;
  readonly certificate: string;
  readonly keys: NodeKeys;
}

export interface AgentOptions {
  readonly membership: Membership;
  readonly node: HttpNode;
  /** Version of this program. */
  readonly version: string;
  readonly limits?: AgentLimits;
  /** How the machine is powered; asked at each look. */
  readonly power?: () => Promise<NodeSnapshot["power"]>;
  readonly onEvent?: (event: AgentEvent) => void;
  /** Ms between looks at the server; default 5 s. */
  readonly lookEveryMs?: number;
  /** Ms between pings; default 20 s. */
  readonly pingMs?: number;
  /** Shortest and longest wait before dialling again, ms; default 500 and 30 s, drawn between nothing and the wait. */
  readonly backoffMs?: readonly [number, number];
}

/** What happens to the agent, for whoever tells it. */
export type AgentEvent =
  | { readonly event: "connected" | "left" }
  | { readonly event: "disconnected"; readonly reason: string; readonly retryMs: number }
  | { readonly event: "local"; readonly serves: boolean };

/** An agent that runs. */
export interface RunningAgent {
  /** Resolves at the first connection that stands; rejects where the router refuses this node for good. */
  readonly ready: Promise<void>;
  /** Resolves when the agent has ended. Rejects `unauthorized` where the node was removed at the router. */
  readonly ended: Promise<void>;
  /** Takes no more requests, lets those that run end within `graceMs` (default 30 s), and hangs up. */
  stop(graceMs?: number): Promise<void>;
}

const GRACE_MS = 30_000;
const LOOK_MS = 5000;
const PING_MS = 20_000;
const BACKOFF_MS = [500, 30_000] as const;
/** A connection that stood so long has shown that the router is well: the wait begins anew. */
const HEALTHY_MS = 60_000;

/** Dials out and serves what comes, until it is stopped or the router refuses the node. */
export function startAgent(options: AgentOptions): RunningAgent {
  const { membership, node, version, limits = DEFAULT_AGENT_LIMITS } = options;
  const tell = options.onEvent ?? (() => undefined);
  const [least, most] = options.backoffMs ?? BACKOFF_MS;
  const connections = new Set<Connection>();
  const end = deferred<void>();
  const ready = deferred<void>();
  ready.promise.catch(() => undefined);
  end.promise.catch(() => undefined);
  let stopping = false;
  let ended = false;
  const isOver = (): boolean => stopping || ended;
  let hello: NodeHello | null = null;
  let skewMs = 0;
  let waitMs = least;
  let wake: (() => void) | null = null;

  const look = async (): Promise<void> => {
    const power = (await options.power?.().catch(() => null)) ?? null;
    const seen = await describeLocal(node, version, power).catch(() => null);
    const before = hello;
    if ((seen === null) !== (before === null)) tell({ event: "local", serves: seen !== null });
    if (seen !== null) {
      const { load: _, ...constant } = seen;
      const { load: __, ...known } = before ?? { load: null };
      const changed = JSON.stringify(constant) !== JSON.stringify(known);
      for (const one of connections) {
        if (changed) one.session.hello(seen);
        else if (JSON.stringify(seen.load) !== JSON.stringify(before?.load)) {
          one.session.load(seen.load);
        }
      }
      hello = seen;
    } else if (before !== null && before.load.state !== "down") {
      hello = { ...before, load: { ...before.load, state: "down", performance: [] } };
      for (const one of connections) one.session.load(hello.load);
    }
  };
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** One connection, from dialling until another is to be dialled. */
  const connect = async (told: NodeHello): Promise<void> => {
    const replaced = deferred<string>();
    const opened = await dial({
      membership,
      nowMs: Date.now() + skewMs,
      local: node.local,
      limits,
      pingMs: options.pingMs ?? PING_MS,
      onGoaway: () => replaced.resolve("the router hands over"),
      onClose: (connection, reason) => {
        connections.delete(connection);
        replaced.resolve(reason);
      },
    });
    if (opened.kind === "refused") {
      skewMs = opened.skewMs ?? skewMs;
      if (opened.status === 410) {
        const gone = new QwqError("unauthorized", "the router has removed this node", {
          hint: "Ask for a new code, and join again with --code.",
        });
        ready.reject(gone);
        return end.reject(gone);
      }
      replaced.resolve(opened.reason);
    } else {
      connections.add(opened.connection);
      opened.connection.session.hello(told);
      if (stopping) void opened.connection.leave();
      ready.resolve();
      tell({ event: "connected" });
      const healthy = setTimeout(() => {
        waitMs = least;
      }, HEALTHY_MS);
      healthy.unref();
    }
    const reason = await replaced.promise;
    if (stopping) return undefined;
    const retryMs = Math.round(Math.random() * waitMs);
    waitMs = Math.min(most, waitMs * 2);
    tell({ event: "disconnected", reason, retryMs });
    return pause(retryMs);
  };
  const run = async (): Promise<void> => {
    await look();
    for (;;) {
      if (isOver()) return;
      // A server that does not answer yet has nothing to offer.
      // oxlint-disable-next-line no-await-in-loop
      if (hello === null) await pause(Math.min(1000, options.lookEveryMs ?? LOOK_MS)).then(look);
      // oxlint-disable-next-line no-await-in-loop
      else await connect(hello);
    }
  };
  let looking = false;
  const looks = setInterval(() => {
    if (looking || hello === null) return;
    looking = true;
    void look().finally(() => (looking = false));
  }, options.lookEveryMs ?? LOOK_MS);
  void run().catch((error: unknown) => end.reject(error));
  const settle = (): void => {
    ended = true;
    clearInterval(looks);
    wake?.();
    for (const one of connections) one.cut();
  };
  end.promise.then(settle, settle);

  return {
    ready: ready.promise,
    ended: end.promise,
    stop: async (graceMs = GRACE_MS) => {
      if (!stopping) {
        stopping = true;
        wake?.();
        const late = deferred<void>();
        const timer = setTimeout(late.resolve, graceMs);
        await Promise.race([late.promise, Promise.all([...connections].map((one) => one.leave()))]);
        clearTimeout(timer);
        tell({ event: "left" });
        end.resolve();
      }
      for (const one of graceMs === 0 ? connections : []) one.cut();
      await end.promise.catch(() => undefined);
    },
  };
}
