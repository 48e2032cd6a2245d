import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "tsdown";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/** Minified and gzipped bytes of an entry with all that it imports at once; what it loads on demand is apart. */
async function bundledBytes(entry: string): Promise<{ bytes: number; text: string }> {
  const outDir = mkdtempSync(join(tmpdir(), "qwq-fit-size-"));
  try {
    await build({
      config: false,
      cwd: root,
      entry: [entry],
      outDir,
      platform: "browser",
      minify: true,
      dts: false,
      logLevel: "silent",
      deps: { alwaysBundle: [/.*/] },
      plugins: [
        {
          name: "on-demand",
          // Left out: the AI SDK's model, continuations, answers without a stream.
          resolveDynamicImport: (id) => (typeof id === "string" ? { id, external: true } : null),
        },
      ],
    });
    const files = readdirSync(outDir);
    expect(files).toHaveLength(1);
    const text = readFileSync(join(outDir, files[0] ?? ""), "utf8");
    return { bytes: gzipSync(text).length, text };
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

test("the entry for browsers and React Native stays small and imports nothing", async () => {
  const { bytes, text } = await bundledBytes("packages/client/src/index.ts");
  expect(bytes).toBeLessThanOrEqual(15_000);
  expect(text).not.toMatch(/from\s*"(node:|@|\w)|process\./);
}, 180_000);
