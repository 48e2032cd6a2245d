import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createAsk } from "./ask.ts";
import type { Ask } from "./ask.ts";

function asker(
  said: string,
  options: { yes?: boolean; terminal?: boolean } = {},
): { ask: Ask; output: PassThrough } {
  const input = new PassThrough();
  const output = new PassThrough();
  input.end(said);
  const { yes = false, terminal = true } = options;
  return { ask: createAsk({ yes, terminal, input, output }), output };
}

test.for([
  ["\n", true],
  ["y\n", true],
  ["Yes\n", true],
  ["n\n", false],
  ["what\n", false],
  ["", false],
] as const)("%j is %s", async ([said, agreed]) => {
  const { ask, output } = asker(said);
  expect(await ask("Download it?")).toBe(agreed);
  expect(String(output.read())).toContain("Download it? [Y/n]");
});

test("--yes answers without asking", async () => {
  const { ask, output } = asker("n\n", { yes: true, terminal: false });
  expect(await ask("Download it?")).toBe(true);
  expect(output.read()).toBeNull();
});

test("without a terminal a question is an error that holds it", async () => {
  await expect(asker("", { terminal: false }).ask("Download it?")).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("Download it?") as string,
    hint: expect.stringContaining("--yes") as string,
  });
});
