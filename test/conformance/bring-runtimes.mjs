// Brings Bun and Deno from npm into node_modules/.cache, where test/faults/router-runtimes.test.ts looks for them:
//   node test/conformance/bring-runtimes.mjs
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../node_modules/.cache/qwq-fit/runtimes");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "package.json"), '{"private":true}');
const flags = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
execFileSync("npm", ["install", "--no-save", ...flags, "bun@1.4.5", "deno@2.9.6"], {
  cwd: folder,
  stdio: "inherit",
  shell: process.platform === "win32",
});
console.log(`Bun and Deno are in ${folder}`);
