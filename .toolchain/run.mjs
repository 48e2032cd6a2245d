#!/usr/bin/env node
// Runs a task of this repository on a machine that has only Node >= 20.19 and npm:
//   node .toolchain/run.mjs start|test|build|check|exec [arguments for the task]
// Brings the Node and the pnpm that the tools need from npm into .toolchain/cache, installs what
// the lockfile says, builds, and runs the task. `start` runs the command with the Node you have.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const versions = { node: "24.21.0", pnpm: "12.21.0" };
const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const windows = process.platform === "win32";
const [task = "start", ...rest] = process.argv.slice(2);

const fail = (text) => {
  console.error(text);
  process.exit(1);
};

const run = (file, args, options = {}) => {
  const result = spawnSync(file, args, { cwd: root, stdio: "inherit", ...options });
  if (result.error) fail(`${file} could not be run: ${result.error.message}`);
  if (result.signal) process.exit(128 + (constants.signals[result.signal] ?? 0));
  return result.status ?? 1;
};

const must = (...args) => {
  const status = run(...args);
  if (status !== 0) process.exit(status);
};

/** npm by its script where that is known, so that no shell is needed on Windows. */
const npm = (args, cwd) => {
  const cli = process.env.npm_execpath ?? "";
  if (/npm-cli\.[cm]?js$/.test(cli)) return run(process.execPath, [cli, ...args], { cwd });
  return run("npm", args, { cwd, shell: windows });
};

/** Installs one package into a private folder and publishes it by one rename. */
const bring = (name, version, why) => {
  const home = join(here, "cache", `${name}-${version}`);
  if (existsSync(home)) return join(home, "node_modules");
  console.error(`Bringing ${name} ${version} (${why}) …`);
  const part = `${home}.${process.pid}`;
  mkdirSync(part, { recursive: true });
  writeFileSync(join(part, "package.json"), '{"private":true}');
  const flags =
    "--no-save --no-package-lock --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error --fetch-retries=1";
  if (npm(["install", `${name}@${version}`, ...flags.split(" ")], part) !== 0) {
    rmSync(part, { recursive: true, force: true });
    fail(
      `${name} ${version} could not be fetched from npm. Is there a network?` +
        (name.startsWith("node-") ? " Installing Node >= 22.18 by hand works as well." : ""),
    );
  }
  try {
    renameSync(part, home);
  } catch (error) {
    if (!existsSync(home)) throw error;
    rmSync(part, { recursive: true, force: true });
  }
  return join(home, "node_modules");
};

const env = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", ...process.env };
const pathKey = Object.keys(env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
const [major, minor] = process.versions.node.split(".").map(Number);
const newEnough = major >= 24 || (major === 22 && minor >= 18);
let toolNode = process.execPath;
if (!newEnough) {
  const system = windows ? "win" : process.platform;
  const prefix = system === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  const name = `${prefix}-${system}-${process.arch}`;
  const bin = join(bring(name, versions.node, "the build tools need it"), name, "bin");
  toolNode = join(bin, windows ? "node.exe" : "node");
  env[pathKey] = bin + delimiter + env[pathKey];
}
const modules = bring("pnpm", versions.pnpm, "it installs what the lockfile says");
env[pathKey] += delimiter + join(modules, ".bin");
// Setting up is told on standard error: what a task prints (`--json`) has standard output to itself.
const setUp = { env, stdio: ["inherit", 2, "inherit"] };
const pnpmScript = join(modules, "pnpm", "bin", "pnpm.mjs");
const pnpm = (...args) => must(toolNode, [pnpmScript, ...args], { env });
const prepare = (...args) => must(toolNode, [pnpmScript, ...args], setUp);

const install = ["install", "--frozen-lockfile", "--config.minimumReleaseAge=0"];
// the command itself needs no CDK, which is 190 MB
const part = task === "start" ? ["--filter", "!@qwq-fit/infra-aws"] : [];
prepare(...install, ...part, "--reporter=append-only");
if (task === "exec") {
  pnpm("exec", ...rest);
  process.exit(0);
}
// Packages are imported from source: only the command itself must be built, and all of them for the checks.
if (task === "build" || task === "check") prepare("run", "build:packages");
else prepare("--filter", "qwq-fit", "run", "build");
if (task === "start") {
  const command = join(root, "packages", "qwq-fit", "bin", "qwq-fit.mjs");
  const status = run(process.execPath, [command, ...rest]);
  // 3 says "a verdict was given, and it is no": for a first look at the project that is a success.
  process.exit(status === 3 ? 0 : status);
}
if (task !== "build") pnpm("run", "--silent", `do:${task}`, ...rest);
