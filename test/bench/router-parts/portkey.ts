import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Door } from "./load.ts";
import { startProgram } from "./start.ts";

/** Its published version, with the dependencies of its own lockfile: with newer ones each stream is a 500. */
const MANIFEST = {
  private: true,
  dependencies: { "@portkey-ai/gateway": "1.15.2" },
  overrides: { hono: "4.9.7", "@hono/node-server": "1.13.5", "@hono/node-ws": "1.2.0" },
};

/** Portkey's gateway, brought from npm into `folder` where it is not there yet. Listens on all addresses: it has no option. */
export async function startPortkey(folder: string, upstream: string): Promise<Door> {
  const program = join(folder, "node_modules/@portkey-ai/gateway/build/start-server.js");
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify(MANIFEST));
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    execFileSync("npm", ["install", ...flags], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
      shell: process.platform === "win32",
    });
  }
  const port = 20_000 + (process.pid % 20_000);
  await startProgram(
    [program, "--headless", `--port=${port}`],
    (line) => (line.includes("running") || line.includes("localhost") ? port : Number.NaN),
    { ENVIRONMENT: "production" },
  );
  return {
    port,
    headers: { "x-portkey-provider": "openai", "x-portkey-custom-host": `${upstream}/v1` },
  };
}
