import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";
import type { ServerState } from "@qwq-fit/schema";
import { isObject, parseJson, stringField } from "@qwq-fit/wire";
import { proofOf } from "../api/guard.ts";
import { isAlive } from "../lock/process-identity.ts";
import { serverId, serversDir } from "./state-dir.ts";
import { readState, readStates, removeState } from "./state-file.ts";

/** A server that left its state, as it is now. */
export interface FoundServer {
  readonly state: ServerState;
  /** "running": it proved that it has the state's token. "silent": its process lives and does not answer. */
  readonly status: "running" | "silent";
  /** What `/health` says: "ready", "loading", …; null while silent. */
  readonly phase: string | null;
}

/** How long a server on this machine may take to answer, ms: an event loop that serves is far quicker. */
const ANSWER_MS = 2000;

/** The servers of a state directory (`ps`). State files of processes that are gone are removed. */
export async function listServers(stateDir: string): Promise<FoundServer[]> {
  const states = await readStates(stateDir);
  const found = await Promise.all(states.map((state) => lookAt(stateDir, state)));
  return found.filter((server) => server !== null);
}

/** The running server of a model, or null. Only one that proves its token is told. */
export async function findServer(stateDir: string, model: string): Promise<FoundServer | null> {
  const state = await readState(stateDir, serverId(model));
  const found = state === null ? null : await lookAt(stateDir, state);
  return found?.status === "running" ? found : null;
}

async function lookAt(stateDir: string, state: ServerState): Promise<FoundServer | null> {
  if (await provesToken(state)) {
    const health = await get(new URL("/health", state.baseUrl));
    return { state, status: "running", phase: stringField(health, "status") ?? null };
  }
  if (isAlive(state.pid)) return { state, status: "silent", phase: null };
  await removeState(stateDir, state);
  return null;
}

/** Whether the server at the state's address has the state's token; the token itself is not sent. */
export async function provesToken(state: ServerState): Promise<boolean> {
  const nonce = randomBytes(16).toString("hex");
  const url = new URL(`/management/proof?nonce=${nonce}`, state.baseUrl);
  return stringField(await get(url), "proof") === proofOf(state.token, nonce);
}

async function get(url: URL): Promise<unknown> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(ANSWER_MS),
      redirect: "error",
    });
    const value = parseJson(await response.text());
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Stops a server by its id or its model's name, and waits until its lock is free. Null where there is none. One that
 * does not answer is sent SIGTERM. @throws QwqError `timeout`, `ambiguous_name`.
 */
export async function stopServer(
  stateDir: string,
  name: string,
  options: { readonly timeoutMs?: number } = {},
): Promise<ServerState | null> {
  const servers = await listServers(stateDir);
  const named = servers.filter(({ state }) => state.id === name || state.model === name);
  const starting =
    named.length > 0 ? named : servers.filter(({ state }) => state.id.startsWith(name));
  if (starting.length > 1) {
    throw new QwqError("ambiguous_name", `several servers are named ${name}`, {
      details: { servers: starting.map(({ state }) => state.id) },
    });
  }
  const [found] = starting;
  if (found === undefined) return null;
  const { state } = found;
  if (found.status === "running") await askToStop(state);
  else process.kill(state.pid, "SIGTERM");
  const deadline = Date.now() + (options.timeoutMs ?? 30_000);
  while (await stillThere(stateDir, state)) {
    if (Date.now() > deadline) {
      throw new QwqError("timeout", `the server ${state.id} (pid ${state.pid}) does not stop`, {
        hint: `kill ${state.pid}`,
      });
    }
    // A file's end has no event that all systems tell.
    // oxlint-disable-next-line no-await-in-loop
    await sleep(20);
  }
  return state;
}

async function askToStop(state: ServerState): Promise<void> {
  await fetch(new URL("/management/stop", state.baseUrl), {
    method: "POST",
    headers: { authorization: `Bearer ${state.token}` },
    signal: AbortSignal.timeout(ANSWER_MS),
    redirect: "error",
  }).catch(() => {});
}

async function stillThere(stateDir: string, state: ServerState): Promise<boolean> {
  // The state is gone when the server begins to stop, its lock when it has.
  const locked = await stat(join(serversDir(stateDir), `${state.id}.lock`)).catch(() => null);
  return locked !== null && isAlive(state.pid);
}
