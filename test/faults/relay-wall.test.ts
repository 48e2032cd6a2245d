import type { RelayMode } from "@qwq-fit/relay";
import { describe, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { drawFault, type Fault, FAULT_KINDS, type Manner, seeded } from "../support/fault.ts";
import { readAnswer, type Seen } from "../support/read-answer.ts";
import { type ScriptedNode, startScriptedNode } from "../support/scripted-node.ts";
import { judge } from "./judge.ts";
import { chatCall, loopbackPorts, relay } from "./relay-fleet.ts";
import { runSeed } from "./relay-wall.ts";

const source = answerSource(12);
const plain: Manner = {
  lineEnd: "\n",
  comments: false,
  noLastNewline: false,
  afterDone: false,
  writeBytes: 0,
};

async function withNodes<T>(
  faults: readonly Fault[],
  run: (nodes: ScriptedNode[]) => Promise<T>,
  manner: Manner = plain,
): Promise<T> {
  const nodes: ScriptedNode[] = [];
  for (const fault of faults) {
    nodes.push(await startScriptedNode({ source, fault: () => fault, manner: () => manner }));
  }
  try {
    return await run(nodes);
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}

const ask = async (nodes: ScriptedNode[], mode: RelayMode): Promise<Seen> => {
  const answer = await relay(chatCall(nodes, { mode }), loopbackPorts(nodes));
  return readAnswer(answer.status, answer.body);
};

const late = (fault: Fault): boolean => "at" in fault;

describe.for(FAULT_KINDS.filter((kind) => kind !== "none"))("%s", (kind) => {
  const fault = {
    ...drawFault(kind, 16, seeded(7)),
    ...(kind === "status" ? { status: 503 } : {}),
  };

  test("error: a broken start goes to the next node, a broken stream is told", async () => {
    const seen = await withNodes([fault, { kind: "none" }], (nodes) => ask(nodes, "error"));
    expect(judge(source, "error", seen)).toBeNull();
    // A late break may still fall before anything was shown; then the next node serves it too.
    const must = !late(fault) && kind !== "finish-without-done";
    expect(seen.done || !must).toBe(true);
  });

  test("continue and hold: the other node makes the answer whole", async () => {
    for (const mode of ["continue", "hold"] as const) {
      const seen = await withNodes([fault, { kind: "none" }], (nodes) => ask(nodes, mode));
      expect(judge(source, mode, seen)).toBeNull();
      expect({ mode, done: seen.done, error: seen.error }).toEqual({
        mode,
        done: true,
        error: null,
      });
    }
  });

  test("alone, it never looks like a success", async () => {
    const seen = await withNodes([fault], (nodes) => ask(nodes, "error"));
    expect(judge(source, "error", seen)).toBeNull();
    expect(seen.done).toBe(false);
  });
});

test("all is well in every manner of writing a stream", async () => {
  for (const lineEnd of ["\n", "\r\n", "\r"] as const) {
    for (const writeBytes of [0, 1, 7]) {
      const manner: Manner = {
        lineEnd,
        comments: true,
        noLastNewline: writeBytes === 7,
        afterDone: true,
        writeBytes,
      };
      for (const mode of ["error", "continue", "hold"] as const) {
        const seen = await withNodes([{ kind: "none" }], (nodes) => ask(nodes, mode), manner);
        expect({ manner, wrong: judge(source, mode, seen) }).toEqual({ manner, wrong: null });
        expect(seen.done).toBe(true);
      }
    }
  }
});

test("the caller's abort closes the node's connection", async () => {
  await withNodes([{ kind: "stall", at: 5 }], async (nodes) => {
    const call = chatCall(nodes);
    const limits = { ...call.limits, idleMs: 60_000 };
    const ends: string[] = [];
    const ports = loopbackPorts(nodes, { onEnd: (report) => ends.push(report.outcome) });
    const answer = await relay({ ...call, limits }, ports);
    const reader = answer.body instanceof ReadableStream ? answer.body.getReader() : null;
    await reader?.read();
    await reader?.cancel();
    await expect.poll(() => nodes[0]?.requests[0]?.aborted, { timeout: 60_000 }).toBe(true);
    expect((await answer.receipt).attempts.map((one) => one.outcome)).toEqual(["aborted"]);
    expect(ends).toEqual(["aborted"]);
  });
});

test("a late first token is hedged, and the slower node is dropped", async () => {
  await withNodes([{ kind: "silence" }, { kind: "none" }], async (nodes) => {
    const call = chatCall(nodes);
    const limits = { ...call.limits, firstTokenMs: 30_000 };
    const policy = { ...call.policy, hedge: true };
    const answer = await relay({ ...call, limits, policy }, loopbackPorts(nodes));
    const seen = await readAnswer(answer.status, answer.body);
    expect(seen.done).toBe(true);
    const receipt = await answer.receipt;
    expect(receipt.node).toBe("1");
    expect(receipt.attempts.map((one) => one.outcome)).toEqual(["hedge-lost", "served"]);
    await expect.poll(() => nodes[0]?.requests[0]?.aborted, { timeout: 60_000 }).toBe(true);
  });
});

test("a deadline ends a stream with an error event, not cleanly", async () => {
  await withNodes([{ kind: "stall", at: 5 }], async (nodes) => {
    const call = chatCall(nodes);
    const policy = { ...call.policy, limits: { ...call.policy.limits, deadlineMs: 150 } };
    const limits = { ...call.limits, idleMs: 60_000 };
    const answer = await relay({ ...call, policy, limits }, loopbackPorts(nodes));
    const seen = await readAnswer(answer.status, answer.body);
    expect(seen).toMatchObject({ done: false, error: "timeout" });
  });
});

test("headers come before a slow first token, with comments until then", async () => {
  await withNodes([{ kind: "silence" }, { kind: "none" }], async (nodes) => {
    const call = chatCall(nodes);
    const limits = { ...call.limits, firstTokenMs: 300, callerHeadersMs: 30, keepAliveMs: 40 };
    const answer = await relay({ ...call, limits }, loopbackPorts(nodes));
    expect(answer.status).toBe(200);
    const seen = await readAnswer(answer.status, answer.body);
    expect(judge(source, "error", seen)).toBeNull();
    expect(seen.done).toBe(true);
    expect(seen.comments.filter((one) => one === "ping").length).toBeGreaterThan(1);
    expect(seen.comments.at(-1)).toMatch(/^receipt \{/);
  });
});

test("200 drawn requests over three broken nodes: no wrong outcome", async () => {
  const seeds = Array.from({ length: 200 }, (_, i) => i);
  const wrong: (string | null)[] = [];
  for (let i = 0; i < seeds.length; i += 20) {
    wrong.push(...(await Promise.all(seeds.slice(i, i + 20).map(runSeed))));
  }
  expect(wrong.filter((one) => one !== null)).toEqual([]);
}, 120_000);
