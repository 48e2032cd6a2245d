import { describe, expect, test } from "vitest";
import { isBuilt, runCommand } from "../support/run-command.ts";

/** Command lines that are wrong, with the exit code, the error's code and what the person is told. */
const WRONG: readonly (readonly [string, number, string, RegExp])[] = [
  ["check --modle x", 2, "usage", /--model/u],
  ["chekc", 2, "usage", /Did you mean check\?/u],
  ["qwen3-8b", 2, "usage", /--model/u],
  ["check --context many", 2, "usage", /whole number/u],
  ["check --context 0", 2, "usage", /at least 1/u],
  ["check --context -5", 2, "usage", /whole number/u],
  ["check --concurrency 1000", 2, "usage", /at most 256/u],
  ["check --optimize sped", 2, "usage", /Did you mean speed\?/u],
  ["check --context", 2, "usage", /argument missing/u],
  ["check extra words", 2, "usage", /too many arguments/u],
  ["check --model qwq-23b", 2, "unknown_model", /QwQ-32B/u],
  ["check --model ./nothing.gguf", 1, "file_not_found", /nothing\.gguf/u],
  ["check --model .", 1, "file_not_found", /./u],
  ["check --hardware ./nothing.json", 1, "file_not_found", /profile/u],
  ["check --hardware /dev/zero", 1, "invalid_configuration", /no hardware profile/u],
  ["check --hardware .", 1, "invalid_configuration", /not a file/u],
  ["check --hardware package.json", 1, "invalid_configuration", /package\.json/u],
  ["estimate", 2, "usage", /gguf/u],
  ["estimate qwq-32b --kv-cache-type f17", 2, "usage", /Did you mean f16\?/u],
  ["estimate qwq-32b --flash-attention yes", 2, "usage", /on, off/u],
  ["estimate qwq-32b --threads 0", 2, "usage", /at least 1/u],
  ["estimate qwq-32b --batch 1.5", 2, "usage", /whole number/u],
  ["estimate qwq-32b --quantization Q9", 2, "invalid_value", /Known are/u],
];

describe.skipIf(!isBuilt)("a wrong command line", () => {
  test.for(WRONG)("qwq-fit %s: exit %d, %s", async ([line, code, error, told]) => {
    const args = line.split(" ");
    const [command = "", ...rest] = args;
    const [plain, json] = await Promise.all([
      runCommand(args),
      runCommand([command, "--json", ...rest]),
    ]);
    expect(plain.code).toBe(code);
    expect(plain.out).toBe("");
    expect(plain.err).toMatch(told);
    expect(plain.err).toMatch(/^qwq-fit: /u);
    expect(plain.err).not.toMatch(/\n\s+at /u);
    expect(json.code).toBe(code);
    expect(json.err).toBe("");
    const { error: value } = JSON.parse(json.out) as { error: Record<string, string> };
    expect(value["code"]).toBe(error);
    expect(`${value["message"]} ${value["hint"]}`).toMatch(told);
  });
});

describe.skipIf(!isBuilt)("help", () => {
  test.for([["--help"], ["help"], ["check", "--help"], ["help", "estimate"]])(
    "%s goes to standard output with exit 0, in 60 columns",
    async (args) => {
      const { code, out, err } = await runCommand(args);
      expect(code).toBe(0);
      expect(err).toBe("");
      expect(out).toMatch(/^Usage: qwq-fit/u);
      expect(out.split("\n").filter((line) => line.length > 60)).toEqual([]);
    },
  );

  test("names only commands that are there", async () => {
    const { out } = await runCommand(["--help"]);
    const examples = [...out.matchAll(/^ {2}qwq-fit ([a-z]\w*)/gmu)].map(([, name]) => name ?? "");
    const listed = [...out.matchAll(/^ {2}([a-z]+) /gmu)].map(([, name]) => name ?? "");
    expect(examples.length).toBeGreaterThan(0);
    expect(examples.filter((name) => !listed.includes(name))).toEqual([]);
  });

  test("--version prints the package's version", async () => {
    const { code, out } = await runCommand(["--version"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/u);
  });
});
