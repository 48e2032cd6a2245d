import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkReport, validate } from "@qwq-fit/schema/validate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isBuilt, runCommand } from "../support/run-command.ts";
import { findNodes, packAndInstall } from "./pack.ts";
import type { Installed } from "./pack.ts";

/** The limit of the unpacked package. */
const MOST_BYTES = 3_000_000;

describe.skipIf(!isBuilt)("the published package", () => {
  let installed: Installed;
  beforeAll(() => {
    installed = packAndInstall();
  });
  afterAll(() => rmSync(installed.folder, { recursive: true, force: true }));

  test("is small", () => {
    expect(installed.unpackedBytes).toBeLessThan(MOST_BYTES);
    expect(installed.unpackedBytes).toBeGreaterThan(100_000);
  });

  test("brings nothing else with it, and nothing native", () => {
    const beside = readdirSync(join(installed.folder, "node_modules")).filter(
      (name) => !name.startsWith("."),
    );
    expect(beside).toEqual(["qwq-fit"]);
    expect(installed.files.filter((path) => /\.(?:node|so|dll|dylib|exe)$/u.test(path))).toEqual(
      [],
    );
  });

  test("holds the bundle, the catalogue, the readme, the licence, and no source", () => {
    const { files } = installed;
    expect(files).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "README.md",
        "bin/qwq-fit.mjs",
        "dist/catalog.json.br",
        "dist/index.d.mts",
        "dist/index.mjs",
        "dist/main.mjs",
        "package.json",
      ]),
    );
    expect(files.filter((path) => /(?:^|\/)src\/|\.test\.|\.map$/u.test(path))).toEqual([]);
  });

  test("imports only what Node has", () => {
    const dist = join(installed.home, "dist");
    const foreign = readdirSync(dist)
      .filter((name) => name.endsWith(".mjs"))
      .flatMap((name) => {
        const text = readFileSync(join(dist, name), "utf8");
        return [...text.matchAll(/(?<![.\w])(?:from|import)\s*\(?["']([^"'.][^"']*)["']/gu)].map(
          ([, specifier]) => `${name}: ${specifier ?? ""}`,
        );
      })
      .filter((line) => !/: (?:node:|node-llama-cpp$|@aws-sdk\/client-cloudformation$)/u.test(line))
      // AWS's client names these in the text of an error.
      .filter((line) => !/: @aws-sdk\/signature-v4(?:a|-crt)$/u.test(line));
    expect(foreign).toEqual([]);
  });

  test.for(findNodes().map(({ version, path }) => [version, path] as const))(
    "checks this machine on Node %s",
    async ([, node]) => {
      const script = join(installed.home, "bin", "qwq-fit.mjs");
      const options = { node, script, cwd: installed.folder, env: { HOME: installed.folder } };
      const [json, text] = await Promise.all([
        runCommand(["check", "--json"], options),
        runCommand([], options),
      ]);
      const report = validate(checkReport, JSON.parse(json.out), "check --json");
      expect(json.code).toBe(report.fits ? 0 : 3);
      expect(`${json.err}${text.err}`).toBe("");
      expect(text.out).toContain("QwQ-32B");
    },
  );

  test.for(findNodes().map(({ version, path }) => [version, path] as const))(
    "is an SDK on Node %s",
    ([, node]) => {
      const program = `
        import { DEFAULT_WORKLOAD, planFit, probeHardware, readModel } from "qwq-fit";
        const [hardware, model] = await Promise.all([probeHardware(), readModel("qwen3-8b")]);
        const { fits, choice } = planFit(model, hardware, DEFAULT_WORKLOAD);
        console.log(JSON.stringify({ name: model.name, fits, planned: choice !== null }));`;
      const file = join(installed.folder, "app.mjs");
      writeFileSync(file, program);
      const out = execFileSync(node, [file], { cwd: installed.folder, encoding: "utf8" });
      const answer = JSON.parse(out) as { name: string; fits: boolean; planned: boolean };
      expect(answer.name).toBe("Qwen3-8B");
      expect(answer.planned).toBe(answer.fits);
    },
  );
});
