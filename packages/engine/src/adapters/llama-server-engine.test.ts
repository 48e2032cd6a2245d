import { describe, expect, test } from "vitest";
import type { Engine } from "../engine.ts";
import { engineConformance } from "../engine.case.ts";
import { collect } from "../testing/collect.ts";
import { startLlamaServerDouble } from "../testing/llama-server-double.ts";
import { connectLlamaServer } from "./llama-server-engine.ts";

async function connect(): Promise<{ engine: Engine; dispose: () => Promise<void> }> {
  const server = await startLlamaServerDouble({
    thoughts: 20,
    words: 30,
    contextTokens: 600,
    slots: 3,
  });
  const endpoint = { origin: server.origin, apiKey: null, fetch };
  const engine = await connectLlamaServer({ endpoint, settings: null });
  return {
    engine,
    dispose: async () => {
      await engine.close();
      await server.close();
    },
  };
}

engineConformance("llama-server", async () => ({
  ...(await connect()),
  thoughts: 20,
  words: 30,
}));

describe("llama-server", () => {
  const prompt = { kind: "chat", messages: [{ role: "user", content: "x" }] } as const;

  test("a constraint is in force behind the thought only", async () => {
    const { engine, dispose } = await connect();
    const constraint = { kind: "gbnf", text: 'root ::= " w0"' } as const;
    const got = await collect(engine.generate({ prompt, constraint }));
    const thought = Array.from({ length: 20 }, (_, i) => ` t${i}`).join("");
    expect(got.text).toBe(`${thought}</think> w0`);
    // Thought, its tag, the word, the end.
    expect(got.end.usage).toMatchObject({ completionTokens: 23, reasoningTokens: 20 });
    await dispose();
  });

  test("a constraint is in force at once where the model does not think", async () => {
    const { engine, dispose } = await connect();
    const got = await collect(
      engine.generate({
        prompt: { kind: "text", text: "<|im_start|>assistant\n" },
        constraint: { kind: "gbnf", text: 'root ::= " w0"' },
        reasoning: { open: false },
      }),
    );
    expect(got.text).toBe(" w0");
    await dispose();
  });

  test("progress is told while the prompt is read, once", async () => {
    const { engine, dispose } = await connect();
    const got = await collect(engine.generate({ prompt, stop: ["never"] }));
    expect(got.events.filter(({ type }) => type === "progress")).toHaveLength(1);
    expect(engine.info).toMatchObject({ engine: "llama-server", contextTokens: 600, slots: 3 });
    await dispose();
  });
});
