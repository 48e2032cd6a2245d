import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { findNodes } from "../../packaging/pack.ts";
import { bundleProbe } from "./bundle.ts";
import { probeInChromium, probeInProgram, probeInWorkerd } from "./hosts.ts";
import { type ProbeServer, startProbeServer } from "./probe-server.ts";
import type { Findings } from "./probe.ts";
import { probeLikeReactNative } from "./react-native.ts";

let folder: string;
let modules: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "qwq-fit-runtimes-"));
  modules = await bundleProbe(join(folder, "modules"), "esm");
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function serverHere(): Promise<ProbeServer> {
  const server = await startProbeServer();
  onTestFinished(() => server.close());
  return server;
}

const wrongIn = (findings: Findings): string[] =>
  Object.entries(findings)
    .filter(([, finding]) => finding !== "ok")
    .map(([name, finding]) => `${name}: ${finding}`);

/** A program on PATH, or null. */
const onPath = (...names: readonly string[]): string | null =>
  names
    .flatMap((name) => (process.env["PATH"] ?? "").split(delimiter).map((at) => join(at, name)))
    .find((path) => existsSync(path)) ?? null;

const nodes = findNodes().filter(({ version }) => Number.parseInt(version, 10) >= 20);
test.each(nodes)(
  "Node $version",
  async ({ path }) => {
    const { url } = await serverHere();
    expect(wrongIn(await probeInProgram(path, [], modules, url))).toEqual([]);
  },
  120_000,
);

test("workerd", async () => {
  const { url } = await serverHere();
  expect(wrongIn(await probeInWorkerd(modules, url))).toEqual([]);
}, 120_000);

test("a host without the globals that React Native lacks: answers come whole, all else is as elsewhere", async () => {
  const { url } = await serverHere();
  const script = await bundleProbe(join(folder, "script"), "iife");
  expect(wrongIn(await probeLikeReactNative(script, url))).toEqual([
    "AI SDK, stream: not here: no ReadableStream",
    "fetch, Responses: not here: no Request",
  ]);
}, 120_000);

/** A browser that can show a page here; one that is installed may still lack what it needs. */
const chromium = onPath("chromium", "chromium-browser", "google-chrome");
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"];
const shows =
  chromium !== null &&
  spawnSync(chromium, flags, { timeout: 30_000, stdio: "ignore" }).status === 0;
test.skipIf(!shows)(
  "headless Chromium (skipped where none on PATH can show a page)",
  async () => {
    const server = await serverHere();
    expect(wrongIn(await probeInChromium(chromium ?? "", modules, server))).toEqual([]);
  },
  120_000,
);

const bun = onPath("bun");
test.skipIf(bun === null)(
  "Bun (skipped where there is none on PATH)",
  async () => {
    const { url } = await serverHere();
    expect(wrongIn(await probeInProgram(bun ?? "", ["run"], modules, url))).toEqual([]);
  },
  120_000,
);

const deno = onPath("deno");
test.skipIf(deno === null)(
  "Deno (skipped where there is none on PATH)",
  async () => {
    const { url } = await serverHere();
    const options = ["run", "--allow-net", "--no-config"];
    expect(wrongIn(await probeInProgram(deno ?? "", options, modules, url))).toEqual([]);
  },
  120_000,
);
