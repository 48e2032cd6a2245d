import { type AnswerSource, answerSource } from "../support/answer-source.ts";
import { drawManner, seeded } from "../support/fault.ts";
import { readAnswer } from "../support/read-answer.ts";
import { type ScriptedNode, startScriptedNode } from "../support/scripted-node.ts";
import { judge } from "./judge.ts";
import { askAsPhone, drawCuts, type Send } from "./phone.ts";

/** A node that answers each seed with its own text, and how a router in front of it is configured. */
export interface PhoneWall {
  readonly node: ScriptedNode;
  readonly config: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

const sourceOf = (seed: number): AnswerSource =>
  answerSource(3 + Math.floor(seeded(seed * 31 + 7)() * 30));

/** The node of the wall; it has no faults: here the connections of the phones are what breaks. */
export async function startPhoneWall(): Promise<PhoneWall> {
  const node = await startScriptedNode({
    source: (request) => sourceOf(Number(request.body["user"])),
    fault: () => ({ kind: "none" }),
    manner: (request) => drawManner(seeded(Number(request.body["user"]) * 211)),
  });
  return {
    node,
    config: {
      insecureDev: true,
      answers: { mostPerCaller: 1e6, keptMs: 20_000, keyKeptMs: 20_000 },
      nodes: [{ name: "node", url: node.baseUrl, slots: 1000, models: [{ id: "scripted" }] }],
      limits: { firstTokenMs: 120_000, idleMs: 120_000, headersMs: 120_000 },
    },
    close: () => node.close(),
  };
}

const VIEWS = [
  {},
  {},
  { "x-qwq-coalesce-ms": "2", "x-qwq-thinking": "full" },
  { "x-qwq-coalesce-ms": "1", "x-qwq-thinking": "progress" },
  { "x-qwq-thinking": "none" },
] as const;

/** One drawn phone; null where its text is the source's, else what was wrong. */
export async function runPhoneSeed(seed: number, run: string, send: Send): Promise<string | null> {
  const cuts = drawCuts(seed);
  const wishes = VIEWS[Math.floor(seeded(seed * 13 + 3)() * VIEWS.length)] ?? {};
  const source = sourceOf(seed);
  const body = JSON.stringify({
    model: "scripted",
    stream: true,
    user: String(seed),
    messages: [{ role: "user", content: "hi" }],
  });
  const told = await askAsPhone(send, body, `${run}-${seed}`, cuts, wishes);
  const bytes = new Response(told.body).body;
  if (bytes === null) return `seed ${seed}: no body`;
  const seen = await readAnswer(told.status, bytes);
  const thought = "x-qwq-thinking" in wishes && wishes["x-qwq-thinking"] !== "full";
  const wanted = thought ? { ...source, thought: [] } : source;
  const wrong = judge(wanted, "error", seen) ?? (seen.done ? null : "the answer was not whole");
  return wrong === null
    ? null
    : `seed ${seed}: ${wrong}; ${JSON.stringify({ cuts, wishes, error: seen.error })}`;
}

/** Runs seeds, some beside each other; answers the wrong outcomes, and generations that no phone asked for. */
export async function runPhoneWall(
  wall: PhoneWall,
  seeds: { readonly from: number; readonly count: number; readonly beside: number },
  run: string,
  send: Send,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  const before = wall.node.requests.length;
  let next = seeds.from;
  const work = async (): Promise<void> => {
    while (next < seeds.from + seeds.count) {
      const outcome = await runPhoneSeed(next++, run, send);
      if (outcome !== null) wrong.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: seeds.beside }, work));
  const generations = wall.node.requests.length - before;
  if (generations !== seeds.count) wrong.push(`${seeds.count} taps, ${generations} generations`);
  return wrong;
}
