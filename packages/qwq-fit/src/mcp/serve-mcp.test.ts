import { existsSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { checkReport, validate } from "@qwq-fit/schema/validate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../main.ts";

interface Answer {
  readonly isError?: boolean;
  readonly content: readonly { readonly text: string }[];
}

const home = join(import.meta.dirname, "..", "..");
const bin = join(home, "bin", "qwq-fit.mjs");
const isBuilt = existsSync(join(home, "dist", "main.mjs"));

/** What the command itself prints. */
async function runHere(argv: readonly string[]): Promise<string> {
  let out = "";
  await run(argv, {
    out: (text) => (out += text),
    note: () => {},
    environment: {},
    columns: null,
    errorColumns: null,
  });
  return out;
}

describe.skipIf(!isBuilt)("qwq-fit mcp, spoken to by the official client", () => {
  const client = new Client({ name: "test", version: "0" });
  beforeAll(() =>
    client.connect(new StdioClientTransport({ command: process.execPath, args: [bin, "mcp"] })),
  );
  afterAll(() => client.close());

  const call = async (name: string, input: Record<string, unknown>): Promise<Answer> =>
    (await client.callTool({ name, arguments: input })) as Answer;

  test("lists its tools with their arguments", async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      "check",
      "plan",
      "compare",
      "find_machines",
      "profile",
      "list_models",
      "list_hardware",
    ]);
    const properties = tools[0]?.inputSchema.properties ?? {};
    expect(Object.keys(properties)).toContain("context");
    expect(tools[2]?.inputSchema.required).toEqual(["names"]);
  });

  test("says what the command says", async () => {
    const input = { model: "qwen3-8b", hardware: "RTX 4090", context: 8192 };
    const { content } = await call("check", input);
    const args = ["check", "--model", "qwen3-8b", "--hardware", "RTX 4090", "--context", "8192"];
    expect(content[0]?.text).toBe(await runHere(args));
  });

  test("gives the whole answer where it is asked for", async () => {
    const { content } = await call("check", { hardware: "RTX 3090", json: true });
    const report = validate(checkReport, JSON.parse(content[0]?.text ?? ""), "check --json");
    expect(report.hardware.devices[0]?.name).toContain("3090");
  });

  test("an error is told, with its cure", async () => {
    const { isError, content } = await call("check", { model: "qwq-23b" });
    expect(isError).toBe(true);
    expect(content[0]?.text).toMatch(/Did you mean QwQ-32B/u);
  });

  test("a value is never read as an option", async () => {
    const { isError, content } = await call("list_models", { search: "--help" });
    expect(isError).not.toBe(true);
    expect(content[0]?.text).not.toContain("Usage:");
  });
});
