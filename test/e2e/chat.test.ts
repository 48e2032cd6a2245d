import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScriptedGguf } from "@qwq-fit/models/node";
import type { ScriptedModel } from "@qwq-fit/models/node";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isBuilt } from "../support/run-command.ts";
import type { RunOptions } from "../support/run-command.ts";
import { noTerminal, startAtTerminal } from "../support/terminal.ts";
import type { AtTerminal } from "../support/terminal.ts";

const missing = isBuilt ? noTerminal() : "the command is not built";
const [DIM, PLAIN] = ["\u001B[2m", "\u001B[0m"];

describe.skipIf(missing !== null)(`qwq-fit chat at a terminal ${missing ?? ""}`, () => {
  let folder = "";
  let file = "";
  let model: ScriptedModel;
  const started: AtTerminal[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "qwq-fit-chat-"));
    file = join(folder, "scripted.gguf");
    model = await writeScriptedGguf(file, { thinkWords: 6, words: 8 });
  });
  afterEach(async () => {
    for (const command of started) command.kill();
    await Promise.all(started.splice(0).map(({ ended }) => ended));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = (args: readonly string[], options: RunOptions = {}): AtTerminal => {
    const env = { HOME: folder, QWQ_FIT_STATE_DIR: join(folder, "state") };
    const command = startAtTerminal(["chat", ...args], { env, ...options });
    started.push(command);
    return command;
  };
  const withModel = (): AtTerminal => start([file, "--context", "1024", "--threads", "1"]);
  const answer = (): string => model.answer.join("");

  test("a first run without a model offers the plan's choice with its size; no is no", async () => {
    const command = start([]);
    // QwQ-32B, or on a smaller machine the nearest that fits.
    await command.until("Download ");
    await command.until("iB, to ");
    await command.until("[Y/n]");
    command.type("n\r");
    await command.until("Nothing was downloaded.");
    expect(await command.ended).toBe(1);
    expect(command.shown).toMatch(/Download [\w.-]+ [A-Z0-9_]+, [\d.]+ [GM]iB/u);
  });

  test("thought dimmed, then folded; commands, several lines, rate; the history comes back", async () => {
    const command = withModel();
    await command.until("/help lists commands");
    await command.until("> ");
    command.type("hello\r");
    await command.until(`${DIM}${model.thought[0] ?? ""}`);
    await command.until(PLAIN);
    await command.until(answer());
    await command.until("tokens/s, first after");
    command.type("/think fold\r");
    await command.until("Thoughts: fold.");
    command.type('"""\rone\rtwo\r"""\r');
    await command.until("thinking… ");
    await command.until(answer());
    command.type("/thought\r");
    await command.until(model.thought.join(""));
    command.type("/help\r");
    await command.until("/retry");
    command.type("/exit\r");
    expect(await command.ended).toBe(0);
    const history: unknown = JSON.parse(
      readFileSync(join(folder, "state", "chat-history.json"), "utf8"),
    );
    expect(history).toEqual(expect.arrayContaining(["hello", "/think fold", "two"]));

    const next = withModel();
    await next.until("> ");
    // Arrow up five times: past /exit, /help, /thought and """ to "two".
    next.type("\u001B[A\u001B[A\u001B[A\u001B[A\u001B[A\r");
    await next.until("two");
    await next.until(answer());
    next.type("\u0004");
    expect(await next.ended).toBe(0);
  });
});
