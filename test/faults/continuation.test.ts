import { expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import type { Fault } from "../support/fault.ts";
import { readAnswer, type Seen } from "../support/read-answer.ts";
import { type ScriptedNode, startScriptedNode } from "../support/scripted-node.ts";
import { chatCall, loopbackPorts, relay } from "./relay-fleet.ts";

const source = answerSource(12);
const manner = {
  lineEnd: "\n",
  comments: false,
  noLastNewline: false,
  afterDone: false,
  writeBytes: 0,
} as const;

/** One greedy answer over nodes with these faults and quantizations, in `continue`. */
async function ask(
  faults: readonly Fault[],
  quantizations: readonly string[],
  hedge = false,
): Promise<{ seen: Seen; continued: boolean; nodes: readonly string[] }> {
  const nodes: ScriptedNode[] = [];
  for (const fault of faults) {
    nodes.push(await startScriptedNode({ source, fault: () => fault, manner: () => manner }));
  }
  try {
    const call = chatCall(nodes, { mode: "continue" });
    const serving = new Map(
      [...call.nodes].map(([name, node], i) => [
        name,
        {
          ...node,
          models: [
            {
              id: "scripted",
              aliases: [],
              quantization: quantizations[i] ?? null,
              contextTokens: null,
              maxOutputTokens: null,
              inputUsdPerMillionTokens: null,
              outputUsdPerMillionTokens: null,
            },
          ],
        },
      ]),
    );
    const answer = await relay(
      { ...call, nodes: serving, policy: { ...call.policy, hedge } },
      loopbackPorts(nodes),
    );
    const seen = await readAnswer(answer.status, answer.body);
    const receipt = await answer.receipt;
    return {
      seen,
      continued: receipt.continued,
      nodes: receipt.attempts.map((one) => `${one.node} ${one.outcome}`),
    };
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}

const reset: Fault = { kind: "reset", at: 9 };

test("greedy on the same weights is the same text and not marked", async () => {
  const { seen, continued } = await ask([reset, { kind: "none" }], ["Q4_K_M", "Q4_K_M"]);
  expect(seen).toMatchObject({ done: true, answer: source.answer.join("") });
  expect(continued).toBe(false);
});

test("on other weights than it began on, an answer is marked, though the later ones are alike", async () => {
  const { seen, continued } = await ask(
    [reset, { kind: "none" }, { kind: "none" }],
    ["Q4_K_M", "Q8_0", "Q8_0"],
  );
  expect(seen.done).toBe(true);
  expect(continued).toBe(true);
  expect(seen.comments.some((one) => one.startsWith("continued on "))).toBe(true);
});

test("the slower of two hedged nodes may go on where the faster breaks", async () => {
  // The first is silent past its predicted time, so the second is asked beside it and wins, then stalls.
  const { seen, nodes } = await ask(
    [{ kind: "silence" }, { kind: "stall", at: 9 }],
    ["Q4_K_M", "Q4_K_M"],
    true,
  );
  expect(seen.done).toBe(false);
  expect(nodes.slice(0, 2)).toEqual(["0 hedge-lost", "1 cut"]);
  expect(nodes.slice(2)).toContain("0 failed");
});
