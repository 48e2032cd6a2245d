import { createClient, ClientError, type Client } from "@qwq-fit/client";
import { expect, test } from "vitest";
import { reasoningOf } from "@qwq-fit/wire";
import { answerSource } from "../support/answer-source.ts";
import { drawFault, drawManner, FAULT_KINDS, seeded } from "../support/fault.ts";
import type { Seen } from "../support/read-answer.ts";
import { type ScriptedNode, startScriptedNode } from "../support/scripted-node.ts";
import { judge } from "./judge.ts";

const MODES = ["error", "continue", "hold"] as const;

/** Local engine, own node, cloud: three places of three privacy classes. */
function clientOver(nodes: readonly ScriptedNode[], mode: (typeof MODES)[number]): Client {
  const [local, own, cloud] = nodes;
  const target = (
    name: string,
    node: ScriptedNode | undefined,
    privacy: "own-network" | "any",
  ) => ({
    name,
    baseUrl: node?.baseUrl ?? "",
    privacy,
    slots: 9,
    capabilities: { continuation: true },
  });
  return createClient({
    model: "scripted",
    mode,
    policy: { objective: "prefer-local" },
    limits: { firstTokenMs: 120, idleMs: 120, attempts: 8 },
    local: {
      plan: () => Promise.resolve(null),
      status: () => ({ state: "ready", progress: null, reason: null }),
      prepare: () => Promise.resolve(),
      target: () => ({ ...target("local", local, "own-network"), privacy: "device" }),
    },
    targets: [target("own", own, "own-network"), target("cloud", cloud, "any")],
  });
}

/** What a user of the client sees, in the wall's terms. */
async function ask(client: Client): Promise<Seen> {
  const seen = {
    status: 200,
    thought: "",
    answer: "",
    finish: null as string | null,
    done: false,
    error: null as string | null,
    comments: [],
    raw: "",
    broke: false,
  };
  try {
    const stream = await client.chat.completions.create({
      stream: true,
      temperature: 0,
      messages: [{ role: "user", content: "hi" }],
    });
    for await (const chunk of stream) {
      seen.raw += JSON.stringify(chunk);
      for (const choice of chunk.choices) {
        seen.thought += reasoningOf(choice.delta) ?? "";
        seen.answer += choice.delta.content ?? "";
        seen.finish = choice.finish_reason ?? seen.finish;
      }
    }
    seen.done = true;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    seen.error = error.code;
    seen.raw += error.message;
  }
  return seen;
}

async function runSeed(seed: number): Promise<string | null> {
  const random = seeded(seed * 7 + 3);
  const source = answerSource(3 + Math.floor(random() * 30));
  const tokens = source.thought.length + source.answer.length;
  const mode = MODES[seed % 3] ?? "error";
  const nodes: ScriptedNode[] = [];
  const faults: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    const kind = FAULT_KINDS[Math.floor(random() * FAULT_KINDS.length)] ?? "none";
    const fault = drawFault(kind, tokens, random);
    faults.push(fault);
    const manner = drawManner(random);
    nodes.push(await startScriptedNode({ source, fault: () => fault, manner: () => manner }));
  }
  try {
    const wrong = judge(source, mode, await ask(clientOver(nodes, mode)));
    return wrong === null ? null : `seed ${seed}, ${mode}: ${wrong}; ${JSON.stringify(faults)}`;
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}

test("200 drawn requests over a local engine, an own node and a cloud: no wrong outcome", async () => {
  const wrong: (string | null)[] = [];
  for (let from = 0; from < 200; from += 20) {
    wrong.push(...(await Promise.all(Array.from({ length: 20 }, (_, i) => runSeed(from + i)))));
  }
  expect(wrong.filter((one) => one !== null)).toEqual([]);
}, 120_000);
