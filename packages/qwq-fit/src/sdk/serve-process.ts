import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serverId, serversDir } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";
import { isObject, parseJson, stringField } from "@qwq-fit/wire";
import type { JsonObject } from "@qwq-fit/wire";

/** A process that will serve a model. It outlives this one. */
export interface ServeProcess {
  readonly pid: number | undefined;
  /** What it told since this was asked last: the lines of `serve --json`. */
  events(): readonly JsonObject[];
  /** Why it has ended by itself; null while it runs. */
  ended(): QwqError | null;
  kill(): void;
}

/** Starts the process for a model. */
export type Spawn = () => ServeProcess;

/** The command's program: three folders up in the source, one up in the bundle. */
function commandPath(): string {
  const places = ["../bin/qwq-fit.mjs", "../../bin/qwq-fit.mjs"];
  const paths = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return paths.find((path) => existsSync(path)) ?? paths[0] ?? "";
}

/** How a server is spawned. */
export interface SpawnServeOptions {
  readonly stateDir: string;
  /** Program and arguments before `serve`. @default this Node and the command of this package */
  readonly command?: readonly [string, ...string[]];
  /** Further arguments of `serve`, as `["--context", "8192"]`. */
  readonly arguments?: readonly string[];
}

/** Spawns `qwq-fit serve MODEL --json --yes`, detached. It writes to a file: a pipe would end it with this process. */
export function spawnServe(model: string, options: SpawnServeOptions): Spawn {
  return () => {
    const { stateDir, arguments: more = [], command = [process.execPath, commandPath()] } = options;
    const [program, ...first] = command;
    mkdirSync(serversDir(stateDir), { recursive: true, mode: 0o700 });
    const log = join(serversDir(stateDir), `${serverId(model)}.log`);
    const file = openSync(log, "w", 0o600);
    const told = ["serve", model, "--json", "--yes", "--state-dir", stateDir, ...more];
    const child = spawn(program, [...first, ...told], {
      detached: true,
      stdio: ["ignore", file, file],
    });
    closeSync(file);
    child.unref();
    let exit: string | null = null;
    child.once("error", (error) => {
      exit = error.message;
    });
    child.once("exit", (code, signal) => {
      exit ??= `it ended (${signal ?? code})`;
    });
    let read = 0;
    return {
      pid: child.pid,
      kill: () => void child.kill("SIGTERM"),
      events: () => {
        const lines = readFileSync(log, "utf8").split("\n").slice(0, -1);
        const fresh = lines.slice(read);
        read = lines.length;
        return fresh.map((line) => parseJson(line)).filter(isObject);
      },
      ended: () => (exit === null ? null : failureOf(model, log, exit)),
    };
  };
}

/** The failure that the process told last, else how it ended. */
function failureOf(model: string, log: string, exit: string): QwqError {
  const values = readFileSync(log, "utf8")
    .split("\n")
    .map((line) => parseJson(line));
  const error = values.filter(isObject).findLast((value) => isObject(value["error"]))?.["error"];
  const code = stringField(error, "code");
  return new QwqError(
    code === "does_not_fit" || code === "unknown_model" || code === "engine_missing"
      ? code
      : "engine_failed",
    stringField(error, "message") ?? `the server of ${model} did not start: ${exit}`,
    { hint: stringField(error, "hint") ?? `\`qwq-fit serve ${model}\` shows what it says.` },
  );
}
