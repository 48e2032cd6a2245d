import { randomUUID } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServerState } from "@qwq-fit/schema";
import { isObject, numberField, parseJson, stringField } from "@qwq-fit/wire";
import { serversDir } from "./state-dir.ts";

/** Writes `servers/<id>.json`, readable by its user alone, by an atomic rename. */
export async function writeState(stateDir: string, state: ServerState): Promise<void> {
  const dir = serversDir(stateDir);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, `${state.id}.json`);
  const whole = `${path}.${randomUUID()}`;
  await writeFile(whole, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(whole, path);
}

/** The state of one server, or null where there is none that can be read. */
export async function readState(stateDir: string, id: string): Promise<ServerState | null> {
  const path = join(serversDir(stateDir), `${id}.json`);
  const text = await readFile(path, "utf8").catch(() => null);
  return text === null ? null : stateOf(parseJson(text));
}

/** All states in the directory, by id. */
export async function readStates(stateDir: string): Promise<ServerState[]> {
  const names = await readdir(serversDir(stateDir)).catch(() => []);
  const ids = names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -5));
  const states = await Promise.all(ids.toSorted().map((id) => readState(stateDir, id)));
  return states.filter((state) => state !== null);
}

/** Removes a state file, if it still is that of the server with this token. */
export async function removeState(stateDir: string, state: ServerState): Promise<void> {
  const now = await readState(stateDir, state.id);
  if (now?.token !== state.token) return;
  await rm(join(serversDir(stateDir), `${state.id}.json`), { force: true });
}

function stateOf(value: unknown): ServerState | null {
  if (!isObject(value) || value["schemaVersion"] !== 1) return null;
  const [id, model, baseUrl, token] = ["id", "model", "baseUrl", "token"].map((name) =>
    stringField(value, name),
  );
  const startedAt = stringField(value, "startedAt");
  const planId = stringField(value, "planId");
  const pid = numberField(value, "pid");
  if (id === undefined || model === undefined || baseUrl === undefined || token === undefined) {
    return null;
  }
  if (startedAt === undefined || planId === undefined || pid === undefined) return null;
  return { schemaVersion: 1, id, model, baseUrl, token, pid, startedAt, planId };
}
