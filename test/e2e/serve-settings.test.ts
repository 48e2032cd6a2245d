import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScriptedGguf, writeSparseGguf } from "@qwq-fit/models/node";
import type { ModelEntry } from "@qwq-fit/schema";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { writeScriptedLora } from "../../packages/engine/src/testing/write-lora.ts";
import { startCommand } from "../support/long-command.ts";
import type { LongCommand } from "../support/long-command.ts";
import { root } from "../support/repository.ts";
import { isBuilt } from "../support/run-command.ts";

const [THOUGHTS, WORDS] = [4, 8];

describe.skipIf(!isBuilt)("settings of serve, in the engine that loads them", () => {
  let folder = "";
  const started: LongCommand[] = [];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "qwq-fit-settings-"));
  });
  afterEach(async () => {
    for (const command of started) command.kill("SIGKILL");
    await Promise.all(started.splice(0).map(({ ended }) => ended));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const start = (name: string, args: readonly string[]): LongCommand => {
    const env = { HOME: folder, QWQ_FIT_STATE_DIR: join(folder, name) };
    const command = startCommand(["serve", ...args, "--threads", "1"], { env });
    started.push(command);
    return command;
  };

  test("--lora changes what the model says, by its scale", async () => {
    const file = join(folder, "scripted.gguf");
    const { answer } = await writeScriptedGguf(file, { thinkWords: THOUGHTS, words: WORDS });
    // 256 bytes, then the script's words; behind w1 the adapter wants w5.
    const [first, vocabulary] = [256 + THOUGHTS, 256 + THOUGHTS + WORDS + 6];
    const width = Math.ceil(vocabulary / 256) * 256;
    const lora = join(folder, "adapter.gguf");
    const change = { after: first + 1, says: first + 5, by: 4 };
    await writeScriptedLora(lora, { width, vocabulary }, change);
    const say = async (name: string, ...more: string[]): Promise<string> => {
      const command = start(name, [file, "--context", "1024", ...more]);
      const url = String((await command.until("ready"))["url"]);
      const response = await fetch(`${url}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ messages: [{ role: "user", content: "hi" }], temperature: 0 }),
      });
      const whole = (await response.json()) as { choices: { message: { content: string } }[] };
      return whole.choices[0]?.message.content ?? "";
    };
    expect(await say("plain")).toBe(answer.join(""));
    expect(await say("adapted", "--lora", lora)).toBe(" w0 w1 w5 w6 w7");
    // A tenth of it is not enough to be said.
    expect(await say("weak", "--lora", `${lora}:0.1`)).toBe(answer.join(""));
  });

  test("a context past the trained one is reached by YaRN, where the model's card says so", async () => {
    const path = join(root, "profiles", "models", "Qwen", "Qwen3-4B.json");
    const entry = JSON.parse(readFileSync(path, "utf8")) as ModelEntry;
    expect(entry).toMatchObject({ contextTokens: 40_960, extendedContextTokens: 131_072 });
    const file = join(folder, "sparse.gguf");
    await writeSparseGguf(file, entry, { quantization: "Q4_K_M", blocks: 1 });
    const command = start("yarn", [file, "--context", "50000", "--yes"]);
    expect(await command.until("ready")).toMatchObject({
      contextTokens: 50_000,
      settings: { yarn: { factor: 2, originalContextTokens: 40_960 } },
    });
  });
});
