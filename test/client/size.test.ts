import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "tsdown";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/** Minified and gzipped bytes of an entry with all that it imports. */
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
    });
    // What the entry imports at once; what it loads on demand (the AI SDK's model, continuations) is apart.
    const files = readdirSync(outDir);
    const seen = new Set<string>();
    const collect = (file: string): string => {
      if (seen.has(file)) return "";
      seen.add(file);
      const own = readFileSync(join(outDir, file), "utf8");
      const now = files.filter((other) => new RegExp(`(from|import)\\s*"\\./${other}"`).test(own));
      return own + now.map(collect).join("");
    };
    const text = collect(files.find((file) => file.startsWith("index")) ?? "");
    return { bytes: gzipSync(text).length, text };
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

test("the entry for browsers and React Native stays small and imports nothing", async () => {
  const { bytes, text } = await bundledBytes("packages/client/src/index.ts");
  expect(bytes).toBeLessThanOrEqual(16_500);
  expect(text).not.toMatch(/from\s*"(node:|@|\w)|process\./);
}, 60_000);
