import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { answersApi, type AnswersApi, type Runtime } from "../support/answers-api.ts";
import { readAnswer } from "../support/read-answer.ts";

const source = answerSource(24);
const text = { thought: source.thought.join(""), answer: source.answer.join("") };

describe.for(["node", "workerd"] as const)(
  "answers that outlive their connections: %s",
  (runtime) => {
    let api: AnswersApi;
    beforeAll(async () => {
      api = await answersApi(runtime satisfies Runtime, source);
    }, 120_000);
    afterAll(() => api.close());

    const seenOf = async (response: Response) => {
      if (response.body === null) throw new Error("no body");
      const { thought, answer, done, error } = await readAnswer(response.status, response.body);
      return { thought, answer, done, error };
    };

    test(
      "a lost connection does not end the answer, DELETE does",
      { timeout: 120_000 },
      async () => {
        const before = api.node.requests.length;
        const leave = new AbortController();
        const response = await api.ask(
          "one",
          { user: "stall" },
          { "x-qwq-resumable": "on" },
          leave.signal,
        );
        const id = response.headers.get("x-qwq-answer") ?? "";
        await response.body?.getReader().read();
        leave.abort();
        const shown = await api.read("one", id);
        expect([shown["status"], api.node.requests[before]?.aborted]).toEqual([
          "in_progress",
          false,
        ]);
        const gone = await api.get("one", `/v1/answers/${id}`, { method: "DELETE" });
        expect(await gone.json()).toMatchObject({
          id,
          status: "cancelled",
          error: { code: "aborted" },
        });
        await expect.poll(() => api.node.requests[before]?.aborted, { timeout: 60_000 }).toBe(true);
        const events = await seenOf(await api.get("one", `/v1/answers/${id}/events`));
        expect([events.done, events.error]).toEqual([false, "aborted"]);
        expect(text.thought.startsWith(events.thought)).toBe(true);
      },
    );

    test(
      "one key is one generation, at once or later, and one request",
      { timeout: 120_000 },
      async () => {
        const before = api.node.requests.length;
        const key = { "idempotency-key": "tap-1" };
        const same = await Promise.all(
          Array.from({ length: 8 }, async () => seenOf(await api.ask("one", {}, key))),
        );
        for (const seen of same) expect(seen).toEqual({ ...text, done: true, error: null });
        expect(await seenOf(await api.ask("one", {}, key))).toEqual({
          ...text,
          done: true,
          error: null,
        });
        expect(api.node.requests.length - before).toBe(1);
        const other = await api.ask("one", { user: "another body" }, key);
        expect([other.status, await other.json()]).toMatchObject([
          422,
          { error: { code: "invalid_value", param: "idempotency-key" } },
        ]);
        // Another caller's key is another key.
        expect((await seenOf(await api.ask("two", { user: "another body" }, key))).done).toBe(true);
        expect(api.node.requests.length - before).toBe(2);
        // What was refused before it began may be tried again under its key.
        const refused = { "idempotency-key": "tap-2" };
        expect((await api.ask("one", { user: "refused-once" }, refused)).status).toBe(400);
        expect((await seenOf(await api.ask("one", { user: "refused-once" }, refused))).done).toBe(
          true,
        );
      },
    );

    test("another caller's answers are as unknown as none", { timeout: 120_000 }, async () => {
      const response = await api.ask("one", {}, { "x-qwq-resumable": "on" });
      const id = response.headers.get("x-qwq-answer") ?? "";
      await response.text();
      const never = await (await api.get("two", "/v1/answers/ans_BBBBBBBBBBBBBBBBBBBBBB")).text();
      for (const path of [id, `${id}/events`]) {
        const theirs = await api.get("two", `/v1/answers/${path}`);
        expect([theirs.status, await theirs.text()]).toEqual([404, never]);
      }
      for (const path of ["..%2f..%2fx", "ans_", `${id}x`, `${id}/..`]) {
        expect((await api.get("two", `/v1/answers/${path}`)).status).toBe(404);
      }
      expect((await api.get("two", `/v1/answers/${id}`, { method: "DELETE" })).status).toBe(404);
      expect((await api.get("nobody", `/v1/answers/${id}`)).status).toBe(401);
      expect(await api.read("one", id)).toMatchObject({ status: "completed" });
      const wrong = { headers: { "last-event-id": "9999" } };
      expect((await api.get("one", `/v1/answers/${id}/events`, wrong)).status).toBe(400);
    });

    test("whoever has no streams polls", { timeout: 120_000 }, async () => {
      const message = { content: text.answer, reasoning_content: text.thought };
      for (const stream of [true, false]) {
        const begun = await api.ask("one", { background: true, stream });
        expect(begun.status).toBe(202);
        const id = begun.headers.get("x-qwq-answer") ?? "";
        expect(begun.headers.get("location")).toBe(`/v1/answers/${id}`);
        await begun.text();
        await expect
          .poll(async () => (await api.read("one", id))["status"], { timeout: 60_000 })
          .toBe("completed");
        expect(await api.read("one", id)).toMatchObject({ output: { choices: [{ message }] } });
      }
      const failed = await api.ask("one", { background: true, model: "none" });
      const id = failed.headers.get("x-qwq-answer") ?? "";
      await expect
        .poll(async () => await api.read("one", id), { timeout: 60_000 })
        .toMatchObject({ status: "failed", error: { code: "unknown_model" } });
    });

    test("a webhook is told, signed for its caller", { timeout: 120_000 }, async () => {
      const before = api.hooks.length;
      const begun = await api.ask("one", { background: true, webhook: { url: api.hookUrl } });
      const { id } = (await begun.json()) as { id: string };
      await expect.poll(() => api.hooks.length, { timeout: 60_000 }).toBe(before + 1);
      const hook = api.hooks[before];
      const { secret } = (await (await api.get("one", "/v1/webhooks/secret")).json()) as {
        secret: string;
      };
      const key = Buffer.from(secret.replace("whsec_", ""), "base64");
      const told = (name: string): string => String(hook?.headers[`webhook-${name}`]);
      const signed = `${told("id")}.${told("timestamp")}.${hook?.body}`;
      const mac = createHmac("sha256", key).update(signed).digest("base64");
      expect(told("signature")).toBe(`v1,${mac}`);
      expect(JSON.parse(hook?.body ?? "")).toMatchObject({
        type: "answer.completed",
        data: { id },
      });
      expect(hook?.body).not.toContain("w1");
      const theirs: unknown = await (await api.get("two", "/v1/webhooks/secret")).json();
      expect(theirs).not.toEqual({ secret });
    });

    test("a webhook goes nowhere private", { timeout: 120_000 }, async () => {
      const before = api.hooks.length;
      for (const url of [
        "http://127.0.0.1:1/hook",
        "https://127.0.0.1/hook",
        "https://2130706433/hook",
        "https://0x7f.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://printer.local/",
        "https://user:pass@example.com/",
        "http://example.com/",
        "file:///etc/passwd",
        "",
      ]) {
        const refused = await api.ask("one", { background: true, webhook: { url } });
        expect([url, refused.status]).toEqual([url, 400]);
      }
      expect((await api.ask("one", { webhook: { url: api.hookUrl } })).status).toBe(400);
      expect(api.hooks.length).toBe(before);
    });

    test("low-data mode says the same in fewer events", { timeout: 120_000 }, async () => {
      const lowData = { "x-qwq-low-data": "on", "x-qwq-coalesce-ms": "60000" };
      for (const more of [{}, { "x-qwq-resumable": "on" }]) {
        const response = await api.ask("one", {}, { ...lowData, ...more });
        const raw = await response.text();
        const seen = await seenOf(new Response(raw));
        expect(seen).toEqual({ ...text, thought: "", done: true, error: null });
        expect(raw).toContain('"qwq":{"thinking":');
        expect(raw.split("data: {").length).toBeLessThan(source.answer.length / 2);
      }
      const wrong = await api.ask("one", {}, { "x-qwq-thinking": "loud" });
      expect(wrong.status).toBe(400);
    });

    test.runIf(runtime === "workerd")(
      "what lost its object is read from storage, or told as lost",
      { timeout: 180_000 },
      async () => {
        const whole = await api.ask("one", {}, { "idempotency-key": "stored" });
        const id = whole.headers.get("x-qwq-answer") ?? "";
        const raw = await whole.text();
        await expect
          .poll(async () => (await api.read("one", id))["status"], { timeout: 60_000 })
          .toBe("completed");
        const running = await api.ask("one", { user: "stall" }, { "idempotency-key": "lost" });
        const lost = running.headers.get("x-qwq-answer") ?? "";
        const reader = running.body?.getReader();
        await reader?.read();
        await api.worker?.restart();
        await reader?.cancel().catch(() => undefined);
        const again = await api.get("one", `/v1/answers/${id}/events`);
        expect(await again.text()).toBe(raw);
        const told = await seenOf(
          await api.get("one", `/v1/answers/${lost}/events`, { headers: { "last-event-id": "7" } }),
        );
        expect([told.done, told.error]).toEqual([false, "stream_interrupted"]);
        expect(await api.read("one", lost)).toMatchObject({ status: "failed" });
      },
    );
  },
);
