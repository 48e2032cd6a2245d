import type { RelayMode } from "@qwq-fit/relay";
import { answerSource } from "../support/answer-source.ts";
import { drawFault, drawManner, FAULT_KINDS, type Fault, seeded } from "../support/fault.ts";
import { readAnswer } from "../support/read-answer.ts";
import { type ScriptedNode, startScriptedNode } from "../support/scripted-node.ts";
import { judge } from "./judge.ts";
import { chatCall, loopbackPorts, relay } from "./relay-fleet.ts";

const MODES: readonly RelayMode[] = ["error", "continue", "hold"];

/** One drawn request over three drawn nodes; null where the outcome is right, else what was wrong. */
export async function runSeed(seed: number): Promise<string | null> {
  const random = seeded(seed);
  const source = answerSource(3 + Math.floor(random() * 30));
  const tokens = source.thought.length + source.answer.length;
  const mode = MODES[seed % 3] ?? "error";
  const faults: Fault[] = [];
  const draw = (): Fault => {
    const kind = FAULT_KINDS[Math.floor(random() * FAULT_KINDS.length)] ?? "none";
    const fault = drawFault(kind, tokens, random);
    faults.push(fault);
    return fault;
  };
  const nodes: ScriptedNode[] = [];
  for (let i = 0; i < 3; i++) {
    nodes.push(await startScriptedNode({ source, fault: draw, manner: () => drawManner(random) }));
  }
  try {
    const stream = random() < 0.85;
    const call = chatCall(nodes, { mode });
    const body = { ...call.body, stream };
    const limits = { ...call.limits, firstTokenMs: 120, idleMs: 120, headersMs: 120, attempts: 8 };
    const answer = await relay({ ...call, body, limits }, loopbackPorts(nodes));
    const seen = await readAnswer(answer.status, answer.body);
    const wrong = judge(source, stream ? mode : "hold", seen);
    await answer.receipt;
    return wrong === null
      ? null
      : `seed ${seed}, ${mode}${stream ? "" : ", no stream"}: ${wrong}; faults ${JSON.stringify(faults)}`;
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}
