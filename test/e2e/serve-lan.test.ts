import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScriptedGguf } from "@qwq-fit/models/node";
import type { ScriptedModel } from "@qwq-fit/models/node";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createClient } from "../../packages/qwq-fit/src/index.ts";
import { startCommand } from "../support/long-command.ts";
import type { LongCommand } from "../support/long-command.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";

const ANY_MS = 120_000;

describe.skipIf(!isBuilt)("qwq-fit serve --lan", () => {
  let folder = "";
  let file = "";
  let model: ScriptedModel;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "qwq-fit-lan-"));
    file = join(folder, "scripted.gguf");
    model = await writeScriptedGguf(file, { thinkWords: 4, words: 12 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const env = (name: string): Record<string, string> => ({
    HOME: folder,
    QWQ_FIT_STATE_DIR: join(folder, name),
  });
  const serve = (): LongCommand => {
    const args = ["serve", file, "--threads", "1", "--context", "1024", "--lan"];
    const command = startCommand(args, { env: env("mini") });
    onTestFinished(async () => {
      command.kill("SIGKILL");
      await command.ended;
    });
    return command;
  };
  const ask = (url: string, key: string | null): Promise<Response> =>
    fetch(`${url}/chat/completions`, {
      method: "POST",
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
      body: JSON.stringify({ messages: [{ role: "user", content: "hi" }], temperature: 0 }),
    });
  const kept = (...path: string[]): Record<string, unknown> => {
    const whole = join(folder, ...path);
    expect(statSync(whole).mode & 0o777).toBe(0o600);
    return JSON.parse(readFileSync(whole, "utf8")) as Record<string, unknown>;
  };

  test(
    "a code pairs a machine once; its key calls, none and a wrong one do not, and it outlives a restart",
    async () => {
      const first = serve();
      const [{ url: ready }, lan] = [await first.until("ready"), await first.until("lan")];
      expect(lan).toMatchObject({
        code: expect.stringMatching(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/u),
        url: expect.stringMatching(/^http:\/\/[\d.]+:\d+\/v1$/u),
      });
      const url = String(ready);
      expect((await ask(url, null)).status).toBe(401);

      const here = { env: env("laptop") };
      const wrong = await runCommand(["pair", "2222-2222", "--url", url, "--json"], here);
      expect([wrong.code, wrong.out]).toEqual([1, expect.stringContaining('"unauthorized"')]);
      const code = String(lan["code"]);
      const right = await runCommand(
        ["pair", code, "--url", url, "--name", "laptop", "--json"],
        here,
      );
      expect(JSON.parse(right.out)).toMatchObject({ model: "scripted", instance: lan["instance"] });
      const again = await runCommand(["pair", code, "--url", url, "--json"], here);
      expect([again.code, again.out]).toEqual([1, expect.stringContaining('"forbidden"')]);

      const [node] = kept("laptop", "lan", "paired.json")["nodes"] as { readonly key: string }[];
      const { ownKey } = kept("mini", "lan", "server.json");
      const key = String(node?.key);
      expect(JSON.stringify(first.events)).not.toContain(key);
      expect(JSON.stringify(first.events)).not.toContain(String(ownKey));
      expect(right.out + right.err).not.toContain(key);
      expect((await ask(url, "wrong")).status).toBe(401);
      expect((await ask(url, String(ownKey))).status).toBe(200);
      expect(await (await ask(url, key)).text()).toContain(model.answer.join(""));

      const lanOnly = { stateDir: join(folder, "laptop") };
      const ai = createClient({ model: "scripted", local: false, lan: lanOnly });
      const messages = [{ role: "user" as const, content: "hi" }];
      const said = await ai.chat.completions.create({ messages, max_tokens: 99 });
      expect(said.choices[0]?.message.content).toBe(model.answer.join(""));
      expect(await said.receipt).toMatchObject({ privacy: "own-network" });

      first.kill("SIGTERM");
      expect(await first.ended).toBe(0);
      const second = serve();
      const after = String((await second.until("ready"))["url"]);
      expect((await second.until("lan"))["instance"]).toBe(lan["instance"]);
      expect((await ask(after, key)).status).toBe(200);

      const there = { env: env("mini") };
      const listed = await runCommand(["pair", "--list", "--json"], there);
      expect(JSON.parse(listed.out)).toMatchObject({ clients: [{ name: "laptop" }] });
      expect(listed.out).not.toContain(key);
      const nobody = await runCommand(["pair", "--revoke", "phone", "--json"], there);
      expect([nobody.code, nobody.out]).toEqual([2, expect.stringContaining("laptop (")]);
      const revoked = await runCommand(["pair", "--revoke", "laptop", "--json"], there);
      expect(JSON.parse(revoked.out)).toMatchObject({ name: "laptop", revoked: true });
      expect((await ask(after, key)).status).toBe(401);
    },
    ANY_MS,
  );
});
