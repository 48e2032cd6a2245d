import { expect, test } from "vitest";
import { readProbe } from "./probe.ts";

const report = (models: unknown): string =>
  JSON.stringify({ node: { models }, state: { status: "ready", queued: 0, inFlight: 1 } });

test("our own server tells its models, by all their names, with what they hold", () => {
  const told = [{ id: "Qwen/QwQ-32B", aliases: ["qwq-32b"], contextTokens: 2048 }, { id: 5 }, null];
  const { state, inFlight, models } = readProbe("qwq-fit", 200, report(told));
  expect([state, inFlight]).toEqual(["serveable", 1]);
  expect(models).toMatchObject([
    { id: "Qwen/QwQ-32B", aliases: ["qwq-32b"], contextTokens: 2048, quantization: null },
  ]);
});

test.for([
  ["a server without such a report", '{"object":"list"}'],
  ["a report of no form", report("x")],
] as const)("%s is taken to serve any model", ([, text]) => {
  expect(readProbe("qwq-fit", 200, text).models ?? []).toEqual([]);
});

test("a list of models is read by names alone, and says nothing of their state", () => {
  const { state, models } = readProbe("openai", 200, '{"data":[{"id":"m"},{"name":"x"}]}');
  expect([state, models?.map(({ id }) => id)]).toEqual(["unknown", ["m"]]);
});
