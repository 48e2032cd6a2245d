import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { createConfirm } from "./confirm.ts";

function asked(typed: string | null, terminal: boolean = true, given?: string): Promise<boolean> {
  const input = new PassThrough();
  const output = new PassThrough();
  const confirm = createConfirm({ given, terminal, input, output });
  const answer = confirm("Make it?", "qwq-fit-x");
  if (typed === null) input.end();
  else input.write(`${typed}\n`);
  return answer;
}

describe("a typed confirmation", () => {
  test.for([
    ["qwq-fit-x", true],
    [" qwq-fit-x ", true],
    ["yes", false],
    ["y", false],
    ["", false],
    ["qwq-fit-y", false],
    [null, false],
  ] as const)("%j is %j", async ([typed, agreed]) => {
    expect(await asked(typed)).toBe(agreed);
  });

  test("needs somebody who types, or the name on the command line", async () => {
    await expect(asked("qwq-fit-x", false)).rejects.toMatchObject({ code: "usage" });
    expect(await asked(null, false, "qwq-fit-x")).toBe(true);
    await expect(asked(null, true, "qwq-fit-y")).rejects.toMatchObject({ code: "usage" });
  });
});
