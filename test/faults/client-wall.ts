import { type Client, ClientError, createClient } from "@qwq-fit/client";
import type { NodePerformance } from "@qwq-fit/schema";
import { reasoningOf } from "@qwq-fit/wire";
import { answerSource } from "../support/answer-source.ts";
import { drawFault, drawManner, type Fault, FAULT_KINDS, seeded } from "../support/fault.ts";
import type { Seen } from "../support/read-answer.ts";
import { type ScriptedNode, startScriptedNode } from "../support/scripted-node.ts";
import { judge } from "./judge.ts";

const MODES = ["error", "continue", "hold"] as const;

/** As quick as a scripted node is: a whole answer is waited for as long as it is foretold. */
const FAST: NodePerformance = {
  model: "scripted",
  promptTokens: 1024,
  concurrency: 1,
  prefillTokensPerSecond: exactly(1e6),
  decodeTokensPerSecond: exactly(1e6),
};

function exactly(value: number): NodePerformance["decodeTokensPerSecond"] {
  const range = { low: value, expected: value, high: value };
  return { ...range, coverage: 1, method: "measured", sources: [] };
}

/** Local engine, own node, cloud: three places of three privacy classes. */
function clientOver(nodes: readonly ScriptedNode[], seed: number): Client {
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
    performance: [FAST],
  });
  const engine = { ...target("local", local, "own-network"), privacy: "device" as const };
  return createClient({
    model: "scripted",
    mode: MODES[seed % 3] ?? "error",
    // A Retry-After is a second here: few wait it out.
    maxRetries: seed % 16 === 0 ? 1 : 0,
    policy: { objective: "prefer-local", hedge: seed % 5 === 0 },
    limits: { firstTokenMs: 120, idleMs: 120, attempts: 8 },
    local: {
      plan: () => Promise.resolve(null),
      status: () => ({ state: "ready", progress: null, reason: null }),
      prepare: () => Promise.resolve(),
      target: () => engine,
    },
    targets: [target("own", own, "own-network"), target("cloud", cloud, "any")],
  });
}

/** What a user of the client sees, in the wall's terms. */
async function ask(client: Client, stream: boolean): Promise<Seen> {
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
  const request = { temperature: 0, messages: [{ role: "user" as const, content: "hi" }] };
  try {
    if (stream) {
      for await (const chunk of await client.chat.completions.create({ ...request, stream })) {
        seen.raw += JSON.stringify(chunk);
        for (const choice of chunk.choices) {
          seen.thought += reasoningOf(choice.delta) ?? "";
          seen.answer += choice.delta.content ?? "";
          seen.finish = choice.finish_reason ?? seen.finish;
        }
      }
    } else {
      const answer = await client.chat.completions.create(request);
      const [choice] = answer.choices;
      seen.raw = JSON.stringify(answer);
      seen.thought = reasoningOf(choice?.message ?? {}) ?? "";
      seen.answer = choice?.message.content ?? "";
      seen.finish = choice?.finish_reason ?? null;
    }
    seen.done = true;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    seen.error = error.code;
    seen.raw += error.message;
  }
  return seen;
}

/** Per place, the fault of its n-th request. */
type Script = readonly ((request: number) => Fault)[];

/** Any fault at any place. */
function drawn(tokens: number, random: () => number): Script {
  return Array.from({ length: 3 }, () => {
    const kind = FAULT_KINDS[Math.floor(random() * FAULT_KINDS.length)] ?? "none";
    const fault = drawFault(kind, tokens, random);
    return () => fault;
  });
}

const CUTS = FAULT_KINDS.filter((kind) => /^cut|^reset$|^clean-end|^stall|^bad-chunk/u.test(kind));

/** The local engine is killed and stays dead, the node cuts its first stream, the cloud is out for its first requests. */
function everywhere(tokens: number, random: () => number): Script {
  const killed = drawFault("reset", tokens, random);
  const cut = drawFault(CUTS[Math.floor(random() * CUTS.length)] ?? "reset", tokens, random);
  const out = Math.floor(random() * 3);
  const status = [500, 502, 503, 504][Math.floor(random() * 4)] ?? 500;
  return [
    (request) => (request === 0 ? killed : { kind: "refuse-connection" }),
    (request) => (request === 0 ? cut : { kind: "none" }),
    (request) => (request < out ? { kind: "status", status } : { kind: "none" }),
  ];
}

/** What came of one seed. */
export interface ClientOutcome {
  /** What is wrong; null where nothing is. */
  readonly wrong: string | null;
  readonly mode: string;
  readonly whole: boolean;
}

/** One request of a client over three places that fail as the seed says. */
export async function runClientSeed(seed: number): Promise<ClientOutcome> {
  const random = seeded(seed * 7 + 3);
  const source = answerSource(3 + Math.floor(random() * 30));
  const tokens = source.thought.length + source.answer.length;
  const mode = MODES[seed % 3] ?? "error";
  const script = (seed % 2 === 0 ? everywhere : drawn)(tokens, random);
  const nodes: ScriptedNode[] = [];
  const faults: Fault[][] = [[], [], []];
  for (const [place, faultOf] of script.entries()) {
    const manner = drawManner(random);
    const fault = (): Fault => {
      const next = faultOf(faults[place]?.length ?? 0);
      faults[place]?.push(next);
      return next;
    };
    nodes.push(await startScriptedNode({ source, fault, manner: () => manner }));
  }
  try {
    const stream = seed % 7 !== 0;
    const seen = await ask(clientOver(nodes, seed), stream);
    const wrong = judge(source, stream ? mode : "hold", seen);
    const said =
      wrong === null ? null : `client, seed ${seed}, ${mode}: ${wrong}; ${JSON.stringify(faults)}`;
    return { wrong: said, mode, whole: seen.done };
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}

/** Seeds from `from` on, `beside` at a time. */
export async function runClientWall(
  from: number,
  seeds: number,
  beside: number,
): Promise<ClientOutcome[]> {
  const outcomes: ClientOutcome[] = [];
  let next = from;
  const work = async (): Promise<void> => {
    while (next < from + seeds) outcomes.push(await runClientSeed(next++));
  };
  await Promise.all(Array.from({ length: beside }, work));
  return outcomes;
}
