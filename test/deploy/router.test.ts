import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseJsonc } from "../../packages/qwq-fit/src/deploy/router/parse-jsonc.ts";
import { read, root } from "../support/repository.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";
import type { Ran } from "../support/run-command.ts";

let home: string;
let config: string;
const routerConfig = {
  pepperSecret: "QWQ_PEPPER",
  keys: [{ id: "team1", hashes: ["a".repeat(64)] }],
  nodes: [
    {
      name: "cloud",
      url: "https://api.example/v1",
      keySecret: "CLOUD_KEY",
      models: [{ id: "qwq-32b" }],
    },
    {
      name: "edge",
      engine: "workers-ai",
      upstreamModel: "@cf/qwen/qwq-32b",
      models: [{ id: "qwq-32b" }],
    },
  ],
};
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "qwq-fit-router-"));
  config = join(home, "router.json");
  writeFileSync(config, JSON.stringify(routerConfig));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const run = (...args: string[]): Promise<Ran> =>
  runCommand(
    ["deploy", "router", "--config", config, "--state-dir", join(home, "state"), ...args],
    {
      cwd: home,
      env: { HOME: home, WRANGLER_SEND_METRICS: "false", CI: "1" },
    },
  );

/** A wrangler that writes down how it was called. */
function fakeWrangler(exitCode: number): void {
  const bin = join(home, "node_modules", ".bin");
  mkdirSync(bin, { recursive: true });
  const path = join(bin, "wrangler");
  writeFileSync(
    path,
    `#!/bin/sh\necho "$PWD" "$@" >> "${join(home, "called")}"\nexit ${exitCode}\n`,
  );
  chmodSync(path, 0o755);
}

interface Dry {
  readonly config: { readonly env: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  readonly run: readonly { readonly arguments: readonly string[] }[];
  readonly byHand: readonly { readonly arguments: readonly string[] }[];
}
const wrangler = join(root, "workers", "router", "node_modules", "wrangler", "bin", "wrangler.js");
const canRun = Number(process.versions.node.split(".")[0]) >= 22 && existsSync(wrangler);

describe.skipIf(!isBuilt)("deploy router", { timeout: 120_000 }, () => {
  test("a dry run shows the environment, writes nothing and runs nothing", async () => {
    fakeWrangler(0);
    const { out, code } = await run(
      "--dry-run",
      "--json",
      "--env",
      "staging",
      "--placement",
      "aws:us-east-1",
    );
    expect(code).toBe(0);
    const dry = JSON.parse(out) as Dry;
    const base = parseJsonc(read("workers/router/wrangler.jsonc")) as Record<string, unknown>;
    expect(dry.config.env["staging"]).toMatchObject({
      name: "qwq-fit-router-staging",
      durable_objects: base["durable_objects"],
      migrations: base["migrations"],
      placement: { region: "aws:us-east-1" },
      ai: { binding: "AI" },
      secrets: { required: ["CLOUD_KEY", "QWQ_PEPPER"] },
      vars: { ROUTER_CONFIG: JSON.stringify(routerConfig) },
    });
    expect(dry.byHand.map((step) => step.arguments.slice(0, 3))).toEqual([
      ["secret", "put", "CLOUD_KEY"],
      ["secret", "put", "QWQ_PEPPER"],
    ]);
    expect(existsSync(join(home, "state"))).toBe(false);
    expect(existsSync(join(home, "called"))).toBe(false);
  });

  test("a run writes and calls exactly what the dry run showed", async () => {
    fakeWrangler(0);
    const dry = JSON.parse((await run("--dry-run", "--json")).out) as Dry;
    const real = await run("--confirm", "qwq-fit-router");
    expect(real.code).toBe(0);
    for (const { path, sha256 } of dry.files) {
      const { createHash } = await import("node:crypto");
      expect(createHash("sha256").update(readFileSync(path)).digest("hex")).toBe(sha256);
    }
    const folder = join(home, "state", "deploy", "qwq-fit-router-production");
    const called = readFileSync(join(home, "called"), "utf8").trim().split("\n");
    expect(called).toEqual(dry.run.map((step) => [folder, ...step.arguments].join(" ")));
    expect(real.out).toContain("secret put QWQ_PEPPER");
  });

  test("needs the Worker's name typed, and tells wrangler's failure", async () => {
    fakeWrangler(7);
    expect((await run()).code).toBe(2);
    expect((await run("--confirm", "yes")).code).toBe(2);
    expect(existsSync(join(home, "called"))).toBe(false);
    const failed = await run("--confirm", "qwq-fit-router");
    expect(failed.code).toBe(1);
    expect(failed.err).toContain("ended with 7");
  });

  test("refuses a configuration that the router would refuse, and one for loopback", async () => {
    writeFileSync(config, JSON.stringify({ ...routerConfig, nodes: [{ name: "x" }] }));
    expect((await run("--dry-run")).code).toBe(1);
    writeFileSync(config, JSON.stringify({ ...routerConfig, insecureDev: true }));
    expect((await run("--dry-run")).err).toContain("loopback");
  });

  test.skipIf(!canRun)("wrangler takes it (skipped below Node 22)", async () => {
    fakeWrangler(0);
    await run("--confirm", "qwq-fit-router", "--env", "staging");
    const folder = join(home, "state", "deploy", "qwq-fit-router-staging");
    const args = [
      "deploy",
      "--dry-run",
      "--config",
      join(folder, "wrangler.json"),
      "--env",
      "staging",
    ];
    const env = { ...process.env, HOME: home, WRANGLER_SEND_METRICS: "false", CI: "1" };
    const text = execFileSync(process.execPath, [wrangler, ...args], {
      cwd: folder,
      encoding: "utf8",
      env,
    });
    for (const name of ["LEDGER", "ROUTER_CONFIG", "AI"]) expect(text).toContain(`env.${name}`);
    expect(text).toContain("--dry-run: exiting now");
    expect(text).not.toMatch(/warning/iu);
  });
});

test("comments and trailing commas are read away, strings stay", () => {
  const text = '{ // a\n "u": "http://x/*y*/,]", /* b\n */ "l": [1, 2,], "q": "a\\"//", }';
  expect(parseJsonc(text)).toEqual({ u: "http://x/*y*/,]", l: [1, 2], q: 'a"//' });
});
