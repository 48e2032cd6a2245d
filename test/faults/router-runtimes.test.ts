import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import type { Fault } from "../support/fault.ts";
import { readAnswer, type Seen } from "../support/read-answer.ts";
import { type ScriptedNode, startScriptedNode } from "../support/scripted-node.ts";
import { judge } from "./judge.ts";

const root = join(import.meta.dirname, "../..");
/** Where `node test/conformance/bring-runtimes.mjs` puts them; a variable of the same name in capitals wins. */
const brought = join(root, "node_modules/.cache/qwq-fit/runtimes/node_modules/.bin");
const RUNTIMES = [
  ["bun", []],
  ["deno", ["run", "--allow-all", "--unstable-sloppy-imports"]],
] as const;

const source = answerSource(12);
const manner = {
  lineEnd: "\n",
  comments: false,
  noLastNewline: false,
  afterDone: false,
  writeBytes: 0,
} as const;
const FAULTS: Readonly<Record<string, Fault>> = {
  none: { kind: "none" },
  cut: { kind: "clean-end-without-finish", at: 9 },
  reset: { kind: "reset", at: 9 },
  stall: { kind: "stall", at: 9 },
};

describe.for(RUNTIMES)("the same app on %s", ([name, flags]) => {
  const program = process.env[name.toUpperCase()] ?? join(brought, name);
  let child: ChildProcess | null = null;
  let node: ScriptedNode | null = null;
  afterEach(async () => {
    child?.kill();
    await node?.close();
  });

  test.skipIf(!existsSync(program))(
    `streams, tells a cut, and passes an abort on (skipped where ${name} is not brought)`,
    { timeout: 120_000 },
    async () => {
      const own = await startScriptedNode({
        source,
        fault: ({ body }) => FAULTS[String(body["user"])] ?? { kind: "none" },
        manner: () => manner,
      });
      node = own;
      const script = join(root, "test/conformance/router-parts/portable-router.ts");
      const started = spawn(program, [...flags, script, own.baseUrl], {
        cwd: root,
        stdio: ["ignore", "pipe", "inherit"],
      });
      child = started;
      const port = await new Promise<number>((resolve, reject) => {
        started.stdout.on("data", (data: Buffer) => resolve(Number(data.toString())));
        started.on("exit", () => reject(new Error(`${name} ended`)));
      });
      const send = (user: string, signal?: AbortSignal): Promise<Response> =>
        fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            model: "scripted",
            stream: true,
            user,
            messages: [{ role: "user", content: "hi" }],
          }),
          signal: signal ?? null,
        });
      const see = async (user: string): Promise<Seen> => {
        const response = await send(user);
        return readAnswer(response.status, response.body ?? "");
      };
      const whole = await see("none");
      expect({ wrong: judge(source, "error", whole), done: whole.done }).toEqual({
        wrong: null,
        done: true,
      });
      for (const fault of ["cut", "reset"]) {
        const seen = await see(fault);
        expect({ wrong: judge(source, "error", seen), done: seen.done }).toEqual({
          wrong: null,
          done: false,
        });
      }
      const abort = new AbortController();
      const stalled = await send("stall", abort.signal);
      await stalled.body?.getReader().read();
      abort.abort();
      await expect
        .poll(() => own.requests.at(-1)?.aborted, { timeout: 60_000, interval: 20 })
        .toBe(true);
    },
  );
});
