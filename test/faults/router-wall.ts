import { type AnswerSource, answerSource } from "../support/answer-source.ts";
import {
  drawFault,
  drawManner,
  type Fault,
  FAULT_KINDS,
  type Manner,
  seeded,
} from "../support/fault.ts";
import { readAnswer } from "../support/read-answer.ts";
import {
  type ScriptedNode,
  type SeenRequest,
  startScriptedNode,
} from "../support/scripted-node.ts";
import { judge } from "./judge.ts";

/** Sends one request to a router. */
export type Send = (body: string, headers: Readonly<Record<string, string>>) => Promise<Response>;

/** Nodes whose faults are drawn from the seed that a request carries in its field `user`. */
export interface WallFleet {
  readonly nodes: readonly ScriptedNode[];
  /** What the router is configured with: short limits, and breakers that never open. */
  readonly config: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

const seedOf = (request: SeenRequest): number => Number(request.body["user"] ?? 0);
const sourceOf = (seed: number): AnswerSource =>
  answerSource(3 + Math.floor(seeded(seed * 31 + 7)() * 30));

function faultOf(seed: number, node: number): Fault {
  const random = seeded(seed * 101 + node * 13 + 1);
  const source = sourceOf(seed);
  const kind = FAULT_KINDS[Math.floor(random() * FAULT_KINDS.length)] ?? "none";
  return drawFault(kind, source.thought.length + source.answer.length, random);
}

const mannerOf = (seed: number, node: number): Manner => drawManner(seeded(seed * 211 + node));

/** Three nodes of the wall. */
export async function startWallFleet(): Promise<WallFleet> {
  const nodes: ScriptedNode[] = [];
  for (let i = 0; i < 3; i++) {
    nodes.push(
      await startScriptedNode({
        source: (request) => sourceOf(seedOf(request)),
        fault: (request) => faultOf(seedOf(request), i),
        manner: (request) => mannerOf(seedOf(request), i),
      }),
    );
  }
  return {
    nodes,
    config: {
      insecureDev: true,
      breakerFailures: 1e9,
      retryShare: 100,
      nodes: nodes.map((node, i) => ({
        name: `node${i}`,
        url: node.baseUrl,
        slots: 1000,
        capabilities: { continuation: true },
        performance: [
          { model: "scripted", prefillTokensPerSecond: 1e6, decodeTokensPerSecond: 1e5 },
        ],
      })),
      limits: { firstTokenMs: 150, idleMs: 150, headersMs: 150, attempts: 8 },
    },
    close: async () => {
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}

const MODES = ["error", "continue", "hold"] as const;

/** One drawn request through a router; null where the outcome is right, else what was wrong. */
export async function runRouterSeed(seed: number, send: Send): Promise<string | null> {
  const mode = MODES[seed % 3] ?? "error";
  const stream = seeded(seed * 17)() < 0.85;
  const body = JSON.stringify({
    model: "scripted",
    stream,
    temperature: 0,
    user: String(seed),
    messages: [{ role: "user", content: "hi" }],
  });
  const response = await send(body, { "content-type": "application/json", "x-qwq-mode": mode });
  const whole = !(response.headers.get("content-type") ?? "").startsWith("text/event-stream");
  const seen = await readAnswer(
    response.status,
    whole || response.body === null ? await response.text() : response.body,
  );
  const wrong = judge(sourceOf(seed), stream ? mode : "hold", seen);
  if (wrong === null) return null;
  const faults = [0, 1, 2].map((node) => faultOf(seed, node));
  return `seed ${seed}, ${mode}${stream ? "" : ", no stream"}: ${wrong}; faults ${JSON.stringify(faults)}`;
}

/** Runs seeds, some beside each other; answers the wrong outcomes. */
export async function runRouterWall(
  from: number,
  count: number,
  beside: number,
  send: Send,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  let next = from;
  const work = async (): Promise<void> => {
    while (next < from + count) {
      const outcome = await runRouterSeed(next++, send);
      if (outcome !== null) wrong.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: beside }, work));
  return wrong;
}
