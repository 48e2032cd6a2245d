import { expect, test } from "vitest";
import { createAnswerObject, type KeptAnswer } from "./answer-object.ts";
import { readAnswers } from "./answers-config.ts";
import { ANYBODY } from "../guard/caller.ts";
import { createFieldReader } from "../config/read.ts";
import type { AnswerJob } from "./job.ts";
import { FULL_VIEW } from "./view.ts";

/** An answer that has ended, with a webhook that says `statuses` in their order, and its clock. */
async function ended(keyed: boolean, statuses: readonly number[]) {
  const clock = { ms: 1_000_000 };
  const told: number[] = [];
  const begun: Promise<void>[] = [];
  const answer: KeptAnswer = createAnswerObject({
    now: () => clock.ms,
    monotonic: () => clock.ms,
    timer: () => () => undefined,
    config: readAnswers(createFieldReader({}, "", [])),
    storage: {
      load: () => Promise.resolve(null),
      append: () => Promise.resolve(),
      save: () => Promise.resolve(),
      dropEvents: () => Promise.resolve(),
      drop: () => Promise.resolve(),
    },
    run: () => Promise.resolve(Response.json({ text: "fine" })),
    notify: () => {
      told.push(clock.ms);
      return Promise.resolve(statuses[told.length - 1] ?? 500);
    },
    onBegin: (end) => begun.push(end),
  });
  const job: AnswerJob = {
    id: "ans_AAAAAAAAAAAAAAAAAAAAAA",
    caller: ANYBODY,
    path: "/v1/completions",
    body: { model: "m" },
    headers: {},
    requestId: "r",
    fingerprint: "f",
    keyed,
    background: true,
    webhookUrl: "https://hooks.example.com/",
  };
  expect((await answer.post(job, FULL_VIEW)).status).toBe(202);
  await begun[0];
  const startMs = clock.ms;
  /** Does what is due until nothing is, as a timer would; the times at which it came. */
  const live = async (untilMs: number): Promise<void> => {
    for (;;) {
      const nextMs = await answer.tick();
      if (nextMs === null || nextMs > startMs + untilMs) return;
      clock.ms = nextMs;
    }
  };
  return { answer, job, clock, live, tries: () => told.map((ms) => ms - startMs) };
}

test("a webhook is tried five times, each later than the one before", async () => {
  const { live, tries } = await ended(false, [500, 0, 301, 429, 500, 200]);
  await live(3600_000);
  expect(tries()).toEqual([0, 5_000, 35_000, 155_000, 455_000]);
});

test("a webhook that took it, or wants no more, is left alone", async () => {
  for (const status of [200, 204, 410]) {
    const { live, tries } = await ended(false, [500, status]);
    await live(3600_000);
    expect(tries()).toEqual([0, 5_000]);
  }
});

test("an answer is kept for ten minutes after its end, its key for a day", async () => {
  const { answer, job, clock, live } = await ended(true, [200]);
  await live(9 * 60_000);
  expect((await answer.read(ANYBODY.name)).status).toBe(200);
  clock.ms = 1_000_000 + 10 * 60_000;
  await answer.tick();
  expect([(await answer.read(ANYBODY.name)).status, answer.kept()]).toEqual([404, "key"]);
  expect((await answer.post(job, FULL_VIEW)).status).toBe(409);
  clock.ms = 1_000_000 + 24 * 3600_000;
  await answer.tick();
  expect(answer.kept()).toBe("nothing");
  const other = await ended(false, [200]);
  other.clock.ms += 10 * 60_000;
  await other.answer.tick();
  expect(other.answer.kept()).toBe("nothing");
});
