import type { ComparedCase, Comparison } from "@qwq-fit/schema";
import { comparison, validate } from "@qwq-fit/schema/validate";
import { beforeAll, describe, expect, test } from "vitest";
import { isBuilt, runCommand } from "../support/run-command.ts";

const R1_MACHINE = "deepseek-r1 @ Mac Studio M3 Ultra 512GB";
const MINIS = ["16GB", "24GB", "32GB", "Pro 64GB"].map((size) => `Mac mini M4 ${size}`);

describe.skipIf(!isBuilt)(
  "qwq-fit compare: R1 on a Mac Studio against QwQ-32B on Mac minis",
  () => {
    let cases: readonly ComparedCase[] = [];
    let text = "";
    beforeAll(async () => {
      const [json, plain] = await Promise.all([
        runCommand(["compare", R1_MACHINE, ...MINIS, "--json"]),
        runCommand(["compare", R1_MACHINE, ...MINIS]),
      ]);
      const value: Comparison = validate(comparison, JSON.parse(json.out), "compare --json");
      cases = value.cases;
      text = plain.out;
    });

    test("who is compared, at which price in dollars and yuan", () => {
      const rows = cases.map(({ model, hardware, priceUsd, priceCny }) =>
        [model, hardware, priceUsd?.value ?? null, priceCny?.value ?? null].join(" | "),
      );
      expect(rows).toEqual([
        "DeepSeek-R1 671B | Mac Studio M3 Ultra 512GB | 11699 | 74249",
        "QwQ-32B | Mac mini M4 16GB | 599 | 4499",
        "QwQ-32B | Mac mini M4 24GB | 999 | 7499",
        "QwQ-32B | Mac mini M4 32GB | 999 | 7499",
        "QwQ-32B | Mac mini M4 Pro 64GB | 1999 | 15499",
      ]);
    });

    test("all hold it but the smallest, which holds at best a small quantization", () => {
      expect(cases.filter(({ fits }) => fits).length).toBeGreaterThanOrEqual(4);
      expect([
        "IQ2_XXS",
        "IQ2_XS",
        "IQ2_S",
        "IQ2_M",
        "Q2_K",
        "Q2_K_S",
        "IQ3_XXS",
        undefined,
      ]).toContain(cases[1]?.choice?.quantization);
    });

    test("a quarter of a trillion bytes of weights are behind R1's answer, and two tenths of a Studio's price behind QwQ's", () => {
      const [studio, , , , mini] = cases;
      expect(studio?.choice?.memory.devices[0]?.weightsBytes).toBeGreaterThan(250e9);
      expect((mini?.priceUsd?.value ?? 0) / (studio?.priceUsd?.value ?? 1)).toBeLessThan(0.2);
      expect(mini?.usdPerTokenPerSecond).toBeLessThan(studio?.usdPerTokenPerSecond ?? 0);
    });

    test("what is not held says what is missing, and what would be held", async () => {
      const small = "llama-3.3-70b @ Mac mini M4 16GB";
      const { out } = await runCommand(["compare", small, R1_MACHINE, "--json"]);
      const [first] = validate(comparison, JSON.parse(out), "compare --json").cases;
      expect(first?.shortfall?.missingBytes).toBeGreaterThan(0);
      expect(first?.relative).not.toBeNull();
    });

    test("a person sees it in 60 columns", () => {
      expect(text.split("\n").filter((line) => Array.from(line).length > 60)).toEqual([]);
      for (const name of ["DeepSeek-R1", "Mac mini M4 Pro 64GB", "¥"]) expect(text).toContain(name);
    });
  },
);

describe.skipIf(!isBuilt)("names", () => {
  test("models and hardware are searched by words in any order", async () => {
    const [models, hardware] = await Promise.all([
      runCommand(["models", "8b", "qwen3", "--json"]),
      runCommand(["hardware", "64gb", "mini", "--json"]),
    ]);
    const ids = (list: string, value: string): unknown[] =>
      ((JSON.parse(value) as Record<string, { id: string }[]>)[list] ?? []).map(({ id }) => id);
    expect(ids("models", models.out)).toContain("Qwen/Qwen3-8B");
    expect(ids("hardware", hardware.out)).toContain("mac-mini-m4-pro-64gb");
  });

  test("every name that is listed can be used", async () => {
    const { out } = await runCommand(["models", "qwen3-", "--json"]);
    const { models } = JSON.parse(out) as { models: { name: string }[] };
    expect(models.length).toBeGreaterThan(4);
    for (const { name } of models.slice(0, 3)) {
      const { code } = await runCommand(["--model", name, "--hardware", "RTX 4090", "--json"]);
      expect([0, 3]).toContain(code);
    }
  });

  test("an ambiguous machine asks back with the candidates", async () => {
    const { code, out } = await runCommand(["--hardware", "mac mini", "--json"]);
    const { error } = JSON.parse(out) as {
      error: { code: string; details: { candidates: string[] } };
    };
    expect(code).toBe(2);
    expect(error.code).toBe("ambiguous_name");
    expect(error.details.candidates).toContain("Mac mini M4 Pro 64GB");
  });

  test("a word that is neither model nor machine is told so", async () => {
    const { code, err } = await runCommand(["compare", "qwq-32b", "toaster 9000"]);
    expect(code).toBe(2);
    expect(err).toContain('"toaster 9000" is neither a model nor a machine');
  });
});

describe.skipIf(!isBuilt)("languages", () => {
  test.for([
    [["--lang", "zh"], {}, /^机器/u],
    [[], { LANG: "zh_CN.UTF-8" }, /^机器/u],
    [["--lang", "pa"], {}, /^ਮਸ਼ੀਨ/u],
    [["--lang", "en"], { LANG: "zh_CN.UTF-8" }, /^Machine/u],
    [[], { LC_ALL: "C", LANG: "zh_CN.UTF-8" }, /^Machine/u],
    [[], { LANG: "pap_AW.UTF-8" }, /^Machine/u],
  ] as const)("%s %o", async ([args, env, first]) => {
    const { out } = await runCommand(["check", "--hardware", "RTX 4090", ...args], { env });
    expect(out).toMatch(first);
    // numbers, names and commands stay as they are
    expect(out).toMatch(/NVIDIA GeForce RTX 4090.*GiB/su);
    expect(out).toMatch(/npx qwq-fit plan --hardware "RTX 4090"/u);
    expect(out).not.toMatch(/undefined/u);
  });
});
