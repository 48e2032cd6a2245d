import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { bin, isBuilt, runCommand } from "../support/run-command.ts";

const ESCAPE = "\u001B";

/** Views in one width; every character of these texts takes one column. */
const VIEWS: readonly string[] = [
  "check",
  "check --model llama-3.3-70b",
  "check --model qwen3-0.6b",
  "check --model deepseek-r1-distill-llama-70b --hardware NVIDIA-GeForce-RTX-4090 --context 8192",
  "plan",
  "plan --explain",
  "check --explain",
  "profile",
  "profile --explain",
  "estimate qwq-32b --explain",
  "compare qwq-32b qwen3-8b --explain",
  "models",
  "hardware apple",
  "catalog",
  "estimate qwq-32b",
];

describe.skipIf(!isBuilt)("what a person sees", () => {
  test.for(VIEWS)("%s fits 60 columns when piped, without colour", async (line) => {
    const { out, err, code } = await runCommand(line.split(" "));
    expect([0, 3]).toContain(code);
    expect(err).toBe("");
    expect(out).not.toContain(ESCAPE);
    expect(out.split("\n").filter((text) => Array.from(text).length > 60)).toEqual([]);
    expect(out.split("\n").filter((text) => /\s$/u.test(text))).toEqual([]);
    expect(out).not.toMatch(/undefined|NaN|\[object/u);
  });

  test("COLUMNS is heeded", async () => {
    const { out } = await runCommand(["check"], { env: { COLUMNS: "44" } });
    expect(out.split("\n").filter((text) => Array.from(text).length > 44)).toEqual([]);
  });

  test("FORCE_COLOR gives colour to a pipe; NO_COLOR is stronger", async () => {
    const forced = await runCommand(["check"], { env: { FORCE_COLOR: "1" } });
    const both = await runCommand(["check"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    expect(forced.out).toContain(ESCAPE);
    expect(both.out).not.toContain(ESCAPE);
  });

  test("the verdict, the memory and the next command are on the first page", async () => {
    const { out } = await runCommand(["check"]);
    expect(out.split("\n").length).toBeLessThanOrEqual(40);
    expect(out).toMatch(/QwQ-32B (?:runs|fits|does not fit)/u);
    expect(out).toMatch(/^Next +npx qwq-fit /mu);
  });

  test("the next command is one that runs", async () => {
    const { out } = await runCommand(["check"]);
    const next = /^Next +npx qwq-fit (.+)$/mu.exec(out)?.[1] ?? "--none";
    // On a machine where it runs well that is `serve`, which would not end: its help shows that it is there.
    const { code } = await runCommand([
      ...next.split(" "),
      ...(next.startsWith("serve") ? ["--help"] : []),
    ]);
    expect([0, 3]).toContain(code);
  });

  test("a reader that goes away ends it quietly", async () => {
    const ended = await new Promise<{ code: number | null; err: string }>((resolve, reject) => {
      const child = spawn(process.execPath, [bin, "plan", "--explain", "--json"], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      let err = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
      child.stdout.destroy();
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, err }));
    });
    expect(ended.err).toBe("");
    expect([0, 3]).toContain(ended.code);
  });
});
