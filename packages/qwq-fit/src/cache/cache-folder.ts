import { homedir } from "node:os";
import { join } from "node:path";

/**
 * The user's folder for what can be had again: XDG_CACHE_HOME or ~/.cache on Linux, ~/Library/Caches on macOS,
 * %LOCALAPPDATA% on Windows.
 */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
  platform: string = process.platform,
): string {
  const home = environment["HOME"] ?? environment["USERPROFILE"] ?? homedir();
  if (platform === "darwin") return join(home, "Library", "Caches", "qwq-fit");
  if (platform === "win32") {
    return join(environment["LOCALAPPDATA"] ?? join(home, "AppData", "Local"), "qwq-fit", "cache");
  }
  const told = environment["XDG_CACHE_HOME"];
  return join(told === undefined || told === "" ? join(home, ".cache") : told, "qwq-fit");
}
