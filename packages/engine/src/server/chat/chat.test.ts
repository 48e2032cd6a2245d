import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { serveApi } from "../../api/testing/serve-api.ts";
import { createTextEngine } from "../../api/testing/text-engine.ts";
import type { TextEngineOptions } from "../../api/testing/text-engine.ts";
import { runChatRepl } from "./chat-repl.ts";
import type { ChatReplOptions } from "./chat-repl.ts";
import { NEW_SESSION, createLineJoiner, readLine } from "./session.ts";
import type { ChatSession } from "./session.ts";

const lastOf = (messages: readonly { content: string | null }[]): string =>
  messages.at(-1)?.content ?? "";
const echo: TextEngineOptions["say"] = (messages) =>
  `thought of ${lastOf(messages)}\n</think>\n\nsaid ${lastOf(messages)}`;

interface Talk {
  readonly input: PassThrough;
  readonly output: () => string;
  readonly ended: Promise<ChatSession>;
}

async function talk(
  engine: TextEngineOptions,
  options: Partial<ChatReplOptions> = {},
): Promise<Talk> {
  const { url } = await serveApi(() => Promise.resolve(createTextEngine(engine)));
  const input = new PassThrough();
  const output = new PassThrough();
  const seen: string[] = [];
  output.on("data", (data: Buffer) => seen.push(data.toString()));
  let ms = 0;
  const now = (): number => (ms += 500);
  const target = { baseUrl: `${url}/v1`, apiKey: null, model: "m", fetch };
  const ended = runChatRepl({
    target,
    input,
    output,
    terminal: false,
    color: false,
    now,
    ...options,
  });
  return { input, output: () => seen.join(""), ended };
}

describe("a conversation", () => {
  test("shows thought and answer, and keeps the conversation without thoughts", async () => {
    const asked: string[] = [];
    const { input, output, ended } = await talk({
      say: echo,
      onRequest: ({ messages }) => asked.push(JSON.stringify(messages)),
    });
    input.end("one\n/system be brief\ntwo\n");
    const session = await ended;
    expect(output()).toMatch(
      /thought of one\n\nsaid one\n\d+ tokens, \d+\.\d tokens\/s, first after/,
    );
    expect(output()).toContain("said two");
    expect(asked[1]).toContain("be brief");
    expect(asked[1]).toContain("said one");
    expect(asked[1]).not.toContain("thought of");
    expect(session.messages).toHaveLength(4);
  });

  test("dims thoughts, folds them to a line, hides them, and tells the last one", async () => {
    const options = { color: true, terminal: true };
    const shown = await talk({ say: echo }, options);
    shown.input.end("a\n");
    await shown.ended;
    expect(shown.output()).toContain("\u001b[2mthought of a");
    const folded = await talk({ say: echo }, { ...options, session: { thoughts: "fold" } });
    folded.input.end("b\n");
    await folded.ended;
    expect(folded.output()).not.toContain("thought of");
    expect(folded.output()).toMatch(/thinking… \d+ characters/);
    const hidden = await talk({ say: echo }, { session: { thoughts: "hide" } });
    hidden.input.end("c\n/thought\n");
    await hidden.ended;
    expect(hidden.output()).toMatch(/^said c\n.*\nthought of c\n$/s);
  });

  test("text over several lines is one message", async () => {
    const asked: string[] = [];
    const { input, ended } = await talk({
      say: echo,
      onRequest: ({ messages }) => asked.push(lastOf(messages)),
    });
    input.end('"""\na\n\nb\n"""\nc\\\nd\n');
    await ended;
    expect(asked).toEqual(["a\n\nb", "c\nd"]);
  });

  test("/retry answers again, /undo takes back, /set and /effort go with the request", async () => {
    const asked: string[] = [];
    const { input, ended } = await talk({
      say: echo,
      onRequest: ({ messages, request }) =>
        asked.push(`${messages.length} ${lastOf(messages)} ${request.sampling?.temperature}`),
    });
    input.end("one\n/set temperature 0.1\n/retry\n/undo\ntwo\n");
    const session = await ended;
    expect(asked).toEqual(["1 one 0.6", "1 one 0.1", "1 two 0.1"]);
    expect(session.messages.map((message) => message.content)).toEqual(["two", "said two"]);
  });

  test("Ctrl-C stops the answer, and then the chat", async () => {
    const { input, output, ended } = await talk(
      { say: () => "</think>word ".repeat(1000), tick: () => setImmediate() },
      { terminal: true },
    );
    input.write("go\n");
    while (!output().includes("word")) await setImmediate();
    input.write("\u0003");
    while (!output().includes("Stopped.")) await setImmediate();
    input.write("\u0003");
    const session = await ended;
    expect(session.messages.at(-1)?.role).toBe("assistant");
  });

  test("a failure is told, and takes its question back", async () => {
    const { input, output, ended } = await talk({
      say: echo,
      tick: () => Promise.reject(new Error("inner")),
    });
    input.end("one\n");
    expect((await ended).messages).toEqual([]);
    expect(output()).toContain("Error: internal error");
  });

  test("control characters of the model do not reach the terminal", async () => {
    const { input, output, ended } = await talk({ say: () => "</think>a\u001b[2Jb\u009bc\td" });
    input.end("x\n");
    await ended;
    expect(output()).toContain("a[2Jbc\td");
  });
});

describe("lines", () => {
  test.each([
    ["hello", { kind: "say", text: "hello" }],
    ["/exit", { kind: "exit" }],
    ["/retry", { kind: "done", told: "There is nothing to retry." }],
    ["/nonsense", { kind: "done", told: "There is no /nonsense; /help lists what there is." }],
    ["/think fold", { kind: "done", session: { thoughts: "fold" } }],
    ["/think loudly", { kind: "done", session: { thoughts: "show" } }],
    ["/set temperature 0.5", { kind: "done", session: { settings: { temperature: 0.5 } } }],
    ["/set temperature warm", { kind: "done", session: { settings: {} } }],
    ["/set messages 1", { kind: "done", told: "messages cannot be set here" }],
    ["/effort low", { kind: "done", session: { settings: { reasoning_effort: "low" } } }],
    ["/effort", { kind: "done", session: { settings: {} } }],
  ])("%s", (line, expected) => {
    expect(readLine(NEW_SESSION, line)).toMatchObject(expected);
  });

  test("an unfinished text is known as such", () => {
    const joiner = createLineJoiner();
    expect([joiner.push('"""'), joiner.unfinished]).toEqual([null, true]);
    expect([joiner.push("a\\"), joiner.push('"""'), joiner.unfinished]).toEqual([
      null,
      "a\\",
      false,
    ]);
  });
});
