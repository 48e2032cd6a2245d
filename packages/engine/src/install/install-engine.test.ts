import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startChildScripted } from "../testing/child-scripted.ts";
import { runMix } from "../testing/random-mix.ts";
import { engineFolderName, enginePackages } from "./engine-packages.ts";
import { findEngine, installEngine } from "./install-engine.ts";

let cacheDir = "";
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "engines-"));
});
afterAll(() => rm(cacheDir, { recursive: true }));
const linux = { platform: "linux", arch: "x64" };

describe("the packages of an engine", () => {
  test.each([
    ["linux", "x64", "cpu", "3.22.1", ["linux-x64"]],
    ["linux", "x64", "vulkan", "3.22.1", ["linux-x64-vulkan", "linux-x64"]],
    ["darwin", "arm64", "metal", "3.21.1", ["mac-arm64-metal"]],
    ["win32", "x64", "cuda", "3.21.1", ["win-x64-cuda", "win-x64-cuda-ext", "win-x64"]],
  ] as const)("%s %s %s", (platform, arch, backend, version, names) => {
    expect(enginePackages({ platform, arch }, backend)).toEqual({
      version,
      natives: names.map((name) => `@node-llama-cpp/${name}`),
    });
  });

  test("a backend without a binary is told, with what can be done", () => {
    expect(() => enginePackages(linux, "rocm")).toThrow(
      expect.objectContaining({ code: "unsupported_combination" }),
    );
  });
});

describe("installing", () => {
  test("asks first; without consent nothing is fetched", async () => {
    const run = installEngine({
      packages: enginePackages(linux, "cpu", "0.0.0-none"),
      cacheDir,
      consent: () => false,
    });
    await expect(run).rejects.toMatchObject({ code: "engine_missing" });
    expect(existsSync(join(cacheDir, "engines"))).toBe(false);
  });

  test("an installation that is not whole is none", async () => {
    const packages = enginePackages(linux, "cpu");
    const other = join(cacheDir, "other");
    const main = join(other, "engines", engineFolderName(packages), "node_modules/node-llama-cpp");
    await mkdir(main, { recursive: true });
    await writeFile(join(main, "package.json"), JSON.stringify({ version: "3.22.1" }));
    expect(await findEngine(other, packages)).toBeNull();
  });

  /** The version that macOS and Windows get, on Linux: installed, and run. Needs npm's registry. */
  test.runIf(process.env["QWQ_FIT_TEST_INSTALL"] === "1")(
    "3.21.1 is installed by two at once, and runs a mix of streams",
    async () => {
      const packages = enginePackages(linux, "cpu", "3.21.1");
      const asked: (number | null)[] = [];
      const told: number[] = [];
      const run = () =>
        installEngine({
          packages,
          cacheDir,
          consent: ({ bytes }) => {
            asked.push(bytes);
            return true;
          },
          onProgress: ({ bytes }) => told.push(bytes),
        });
      const [first, second] = await Promise.all([run(), run()]);
      expect(first).toEqual(second);
      expect(asked[0]).toBeGreaterThan(50e6);
      expect(told.length).toBeGreaterThan(0);
      expect(await readdir(dirname(dirname(dirname(first.bindingFolder))))).toEqual([
        engineFolderName(packages),
      ]);
      const scripted = await startChildScripted({
        bindingFolder: first.bindingFolder,
        engineVersion: "3.21.1",
        queueLimit: 64,
      });
      expect(scripted.engine.info.version).toBe("3.21.1");
      const script = {
        thoughts: scripted.model.thought.length,
        words: scripted.model.answer.length,
      };
      for (const seed of [1, 2, 3, 4, 5, 6]) {
        // oxlint-disable-next-line no-await-in-loop
        expect((await runMix(scripted.engine, script, seed)).wrong).toEqual([]);
      }
      await scripted.dispose();
    },
    120_000,
  );
});
