import { access, constants, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { listServers } from "./find-servers.ts";
import { serversDir } from "./state-dir.ts";

/** One check of `doctor`. */
export interface ServerCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What a person can do about it. */
  readonly hint: string | null;
}

/**
 * Checks what servers leave on this machine: the state directory can be written, its files are their user's alone, each
 * server that left a state answers. Files of processes that are gone are removed on the way.
 */
export async function checkServers(stateDir: string): Promise<ServerCheck[]> {
  const dir = serversDir(stateDir);
  const writable = await canWrite(dir);
  if (writable !== null) {
    return [
      {
        name: "state directory",
        ok: false,
        detail: `${dir} cannot be written: ${writable}`,
        hint: "Pass --state-dir, or mend its permissions.",
      },
    ];
  }
  const servers = await listServers(stateDir);
  await removeLeftovers(dir);
  const open = await readableByOthers(dir);
  return [
    { name: "state directory", ok: true, detail: dir, hint: null },
    {
      name: "state files",
      ok: open.length === 0,
      detail: open.length === 0 ? "readable by their user alone" : open.join(", "),
      hint: open.length === 0 ? null : "They hold tokens: chmod 600.",
    },
    ...servers.map(({ state, status, phase }) => ({
      name: `server ${state.id}`,
      ok: status === "running" && phase !== "failed",
      detail: `${state.baseUrl} (pid ${state.pid}): ${phase ?? "does not answer"}`,
      hint: status === "running" ? null : `Stop it with \`qwq-fit stop ${state.id}\`.`,
    })),
  ];
}

/** Why the directory cannot be written, or null. */
async function canWrite(dir: string): Promise<string | null> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await access(dir, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  }
}

/** State files with permissions for others. Windows has none of these bits. */
async function readableByOthers(dir: string): Promise<string[]> {
  if (process.platform === "win32") return [];
  const names = (await readdir(dir)).filter((name) => name.endsWith(".json"));
  const modes = await Promise.all(
    names.map(async (name) => ({ name, mode: (await stat(join(dir, name))).mode })),
  );
  return modes.filter(({ mode }) => (mode & 0o077) !== 0).map(({ name }) => name);
}

/** Half-written files of processes that died while they wrote: a minute old, for a write takes milliseconds. */
async function removeLeftovers(dir: string): Promise<void> {
  const names = (await readdir(dir)).filter((name) =>
    /\.(json|lock|steal)\.[0-9a-f-]{36}$/.test(name),
  );
  const old = Date.now() - 60_000;
  await Promise.all(
    names.map(async (name) => {
      const path = join(dir, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
      if (mtimeMs < old) await rm(path, { force: true });
    }),
  );
}
