import { createHash } from "node:crypto";
import { join } from "node:path";

/** What the place of the state directory depends on. */
export interface StateEnvironment {
  readonly platform: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Where servers leave their state: `QWQ_FIT_STATE_DIR`, else the system's place for it (XDG base directories on
 * Linux, Application Support on macOS, local application data on Windows).
 */
export function defaultStateDir({ platform, home, env }: StateEnvironment): string {
  const own = env["QWQ_FIT_STATE_DIR"];
  if (own !== undefined && own !== "") return own;
  if (platform === "darwin") return join(home, "Library", "Application Support", "qwq-fit");
  if (platform === "win32") {
    return join(env["LOCALAPPDATA"] ?? join(home, "AppData", "Local"), "qwq-fit");
  }
  return join(env["XDG_STATE_HOME"] ?? join(home, ".local", "state"), "qwq-fit");
}

/** Folder of the servers' files. */
export function serversDir(stateDir: string): string {
  return join(stateDir, "servers");
}

/** A server's id: the model's name made fit for a file, and a digest that keeps names apart. */
export function serverId(model: string): string {
  const name = model
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 40);
  const digest = createHash("sha256").update(model).digest("hex").slice(0, 8);
  return `${name === "" ? "model" : name}-${digest}`;
}
