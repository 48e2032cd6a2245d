import { readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "tsdown";
import { root } from "../../support/repository.ts";

/** Bundles the probe into a folder; modules with what is loaded on demand apart, or one script. The entry's path. */
export async function bundleProbe(folder: string, format: "esm" | "iife"): Promise<string> {
  await build({
    config: false,
    cwd: root,
    entry: { probe: "test/client/runtimes/probe.ts" },
    outDir: folder,
    format,
    platform: "neutral",
    target: "es2022",
    dts: false,
    logLevel: "silent",
    deps: { alwaysBundle: [/.*/u] },
  });
  const entry = readdirSync(folder).find((name) => name.startsWith("probe"));
  return join(folder, entry ?? "");
}
