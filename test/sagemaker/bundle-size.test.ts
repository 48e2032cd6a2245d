import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../support/repository.ts";

const worker = join(root, "workers", "router");
const wrangler = createRequire(join(worker, "package.json")).resolve("wrangler/package.json");
let folder = "";

interface Bundle {
  readonly text: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** The Worker as it would be deployed, minified or not. */
function bundle(name: string, ...more: readonly string[]): Bundle {
  const out = join(folder, name);
  const args = [
    join(dirname(wrangler), "bin", "wrangler.js"),
    "deploy",
    "--dry-run",
    "--outdir",
    out,
    ...more,
  ];
  execFileSync(process.execPath, args, {
    cwd: worker,
    stdio: "pipe",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" },
  });
  const text = readFileSync(join(out, "index.js"), "utf8");
  return { text, bytes: Buffer.byteLength(text), gzipBytes: gzipSync(text).length };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "qwq-fit-bundle-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the Worker's bundle", () => {
  test("with SageMaker is larger by a known amount, and small without", () => {
    const none = join(folder, "none.mjs");
    writeFileSync(
      none,
      "export const createSageMaker = null; export const issuerDocuments = null;",
    );
    const whole = bundle("with", "--minify");
    const bare = bundle("without", "--minify", "--alias", `@qwq-fit/sagemaker:${none}`);
    expect(bare.text).not.toMatch(/SageMakerRuntime|InvokeEndpoint/);
    expect(whole.text).toMatch(/InvokeEndpointWithResponseStream/);
    const share = { bytes: whole.bytes - bare.bytes, gzipBytes: whole.gzipBytes - bare.gzipBytes };
    // Measured on 2026-11-23 with 3.1164.0 of AWS's client: 210 kB, 73 kB packed.
    expect(share.bytes).toBeGreaterThan(50_000);
    expect(share.bytes).toBeLessThan(240_000);
    expect(share.gzipBytes).toBeLessThan(85_000);
  }, 120_000);

  test("evaluates SageMaker's modules when they are first asked for, not at the start", () => {
    const { text } = bundle("readable");
    // esbuild wraps what is only imported on demand; what is evaluated at the start stands bare.
    const wrapped = (path: string): boolean => text.includes(`${path}"() {`);
    const bare = [
      "packages/sagemaker/src/sagemaker.ts",
      "packages/sagemaker/src/invoke/invoke-transport.ts",
      "client-sagemaker-runtime/dist-es/SageMakerRuntimeClient.js",
    ].filter((path) => !wrapped(path));
    expect(bare).toEqual([]);
    expect(wrapped("packages/router/src/sagemaker/sagemaker-extension.ts")).toBe(false);
    expect(text).not.toMatch(/from "node:|require\("node:/);
  }, 120_000);
});
