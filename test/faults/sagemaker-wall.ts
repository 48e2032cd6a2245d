import { createSageMaker } from "@qwq-fit/sagemaker";
import type { RelayMode } from "@qwq-fit/relay";
import { type AnswerSource, answerSource } from "../support/answer-source.ts";
import { seeded } from "../support/fault.ts";
import { readAnswer, type Seen } from "../support/read-answer.ts";
import {
  type ContainerKind,
  CONTAINER_KINDS,
  tellsThought,
} from "../support/sagemaker/container-bodies.ts";
import {
  drawSageMakerFault,
  SAGEMAKER_FAULTS,
  type SageMakerFault,
} from "../support/sagemaker/sagemaker-fault.ts";
import {
  type Cuts,
  type SageMakerSeen,
  type SageMakerServer,
  startSageMaker,
} from "../support/sagemaker/sagemaker-server.ts";
import { ACCOUNT } from "../support/sagemaker/sagemaker-errors.ts";
import { KEY, sageMakerPorts } from "../support/sagemaker/test-transport.ts";
import { judge } from "./judge.ts";
import { chatCall, loopbackPorts, relay } from "./relay-fleet.ts";
import type { Send } from "./router-wall.ts";

/** A request carries its seed in the field `user`; a probe for a start carries none. */
const seedOf = (request: SageMakerSeen): number | null =>
  request.body["user"] === undefined ? null : Number(request.body["user"]);

const NODES = 3;
const MODES: readonly RelayMode[] = ["error", "continue", "hold"];

/** Every other seed is of containers that have text alone, so that all nodes of one seed say the same. */
const textAlone = (seed: number): boolean => seeded(seed * 7 + 3)() < 0.5;

function sourceOf(seed: number): AnswerSource {
  const source = answerSource(3 + Math.floor(seeded(seed * 31 + 7)() * 30));
  return textAlone(seed) ? { thought: [], answer: source.answer } : source;
}

function containerOf(seed: number, node: number): ContainerKind {
  const kinds = CONTAINER_KINDS.filter((kind) => textAlone(seed) || tellsThought(kind));
  return kinds[Math.floor(seeded(seed * 17 + node)() * kinds.length)] ?? "sse";
}

/** Faults that say when to come back. */
const WAITING: ReadonlySet<string> = new Set(["cold", "not-ready", "throttled"]);

function faultOf(seed: number, node: number): SageMakerFault {
  const random = seeded(seed * 101 + node * 13 + 1);
  const source = sourceOf(seed);
  // A third is well, so that faults meet answers, continuations and other faults alike.
  const well = random() < 1 / 3;
  const drawn = SAGEMAKER_FAULTS[Math.floor(random() * SAGEMAKER_FAULTS.length)] ?? "none";
  // These put a node aside for seconds: often, they would leave no node to ask.
  const rare = WAITING.has(drawn) && random() > 0.15;
  const kind = well || rare ? "none" : drawn;
  return drawSageMakerFault(kind, source.thought.length + source.answer.length, random);
}

function cutsOf(seed: number, node: number): Cuts {
  const random = seeded(seed * 211 + node);
  const ends = ["\n", "\r\n", "\r"] as const;
  const size = (most: number): number => (random() < 0.3 ? 0 : 1 + Math.floor(random() * most));
  return {
    partBytes: size(60),
    writeBytes: size(90),
    lineEnd: ends[Math.floor(random() * 3)] ?? "\n",
  };
}

/** The runtime whose endpoints are named for the node that they are in the draw: "node0-a", "node1-a", … */
export async function startSageMakerWall(): Promise<SageMakerServer> {
  const nodeOf = (request: SageMakerSeen): number =>
    Number(/^node(\d+)/.exec(request.endpoint)?.[1] ?? 0) % NODES;
  const drawn =
    <T>(draw: (seed: number, node: number) => T, probe: T) =>
    (request: SageMakerSeen): T => {
      const seed = seedOf(request);
      return seed === null ? probe : draw(seed, nodeOf(request));
    };
  return startSageMaker({
    keys: [KEY],
    container: drawn<ContainerKind>(containerOf, "sse"),
    source: drawn<AnswerSource>(sourceOf, answerSource(1)),
    fault: drawn<SageMakerFault>(faultOf, { kind: "none" }),
    cuts: drawn<Cuts>(cutsOf, { partBytes: 0, writeBytes: 0, lineEnd: "\n" }),
  });
}

/** The native route streams what its container says, and no LMI or TGI of old: those seeds go by InvokeEndpoint. */
const transportOf = (seed: number, node: number): "openai" | "invoke" =>
  tellsThought(containerOf(seed, node)) && seeded(seed * 5 + node)() < 0.4 ? "openai" : "invoke";

const bodyOf = (seed: number, stream: boolean): Readonly<Record<string, unknown>> => ({
  model: "scripted",
  stream,
  temperature: 0,
  user: String(seed),
  messages: [{ role: "user", content: "hi" }],
});

const describeSeed = (seed: number, mode: string, stream: boolean, wrong: string): string => {
  const nodes = Array.from({ length: NODES }, (_, node) => [
    transportOf(seed, node),
    containerOf(seed, node),
    faultOf(seed, node),
  ]);
  return `seed ${seed}, ${mode}${stream ? "" : ", no stream"}: ${wrong}; nodes ${JSON.stringify(nodes)}`;
};

/** What of AWS's or the container's inside the server's refusals hold. */
const INSIDE = new RegExp(`${ACCOUNT}|arn:aws|console\\.aws|/opt/ml|Traceback|s3://|assumed-role`);

const wrongOf = (seed: number, mode: string, seen: Seen): string | null =>
  INSIDE.test(seen.raw) ? "AWS's inside reached the caller" : judge(sourceOf(seed), mode, seen);

/** What one seed came to. */
export interface SeedOutcome {
  readonly served: boolean;
  /** Null where the outcome is right. */
  readonly wrong: string | null;
}

/** One drawn request by the relay over three drawn endpoints. */
export async function runSageMakerSeed(
  seed: number,
  server: SageMakerServer,
): Promise<SeedOutcome> {
  const mode = MODES[seed % 3] ?? "error";
  const stream = seeded(seed * 19)() < 0.85;
  const sageMaker = createSageMaker(sageMakerPorts());
  const transports = Array.from({ length: NODES }, (_, node) =>
    sageMaker.transport({
      endpoint: `node${node}`,
      region: "us-east-1",
      url: server.url,
      transport: transportOf(seed, node),
      // What is still starting when the seed is over is nobody's concern.
      coldProbeSeconds: 3600,
    }),
  );
  const nodes = transports.map(() => ({
    baseUrl: server.url,
    requests: [],
    open: () => 0,
    close: () => Promise.resolve(),
  }));
  const call = chatCall(nodes, { mode });
  const limits = { ...call.limits, firstTokenMs: 150, idleMs: 150, headersMs: 150, attempts: 8 };
  const answer = await relay(
    { ...call, body: bodyOf(seed, stream), limits },
    loopbackPorts(nodes, { transport: (name) => transports[Number(name)] }),
  );
  const seen = await readAnswer(answer.status, answer.body);
  await answer.receipt;
  const wrong = wrongOf(seed, stream ? mode : "hold", seen);
  return {
    served: seen.done,
    wrong: wrong === null ? null : describeSeed(seed, mode, stream, wrong),
  };
}

/** Nodes of a router in front of the wall's endpoints: nine, so that those that were told to wait leave others. */
export function sageMakerWallConfig(server: SageMakerServer): Readonly<Record<string, unknown>> {
  return {
    insecureDev: true,
    breakerFailures: 1e9,
    retryShare: 100,
    nodes: Array.from({ length: 3 * NODES }, (_, i) => ({
      name: `node${i}`,
      kind: "sagemaker",
      endpoint: `node${i}`,
      region: "us-east-1",
      url: server.url,
      transport: i < 2 * NODES ? "invoke" : "openai",
      credentials: { kind: "static" },
      coldRetrySeconds: 1,
      coldProbeSeconds: 0.05,
      slots: 1000,
      capabilities: { continuation: true },
      performance: [{ model: "scripted", prefillTokensPerSecond: 1e6, decodeTokensPerSecond: 1e5 }],
    })),
    limits: { firstTokenMs: 150, idleMs: 150, headersMs: 150, attempts: 8 },
  };
}

/** One drawn request through a router. */
export async function runSageMakerRouterSeed(seed: number, send: Send): Promise<SeedOutcome> {
  const mode = MODES[seed % 3] ?? "error";
  const stream = seeded(seed * 19)() < 0.85;
  const headers = { "content-type": "application/json", "x-qwq-mode": mode };
  const response = await send(JSON.stringify(bodyOf(seed, stream)), headers);
  const whole = !(response.headers.get("content-type") ?? "").startsWith("text/event-stream");
  const seen = await readAnswer(
    response.status,
    whole || response.body === null ? await response.text() : response.body,
  );
  const wrong = wrongOf(seed, stream ? mode : "hold", seen);
  return {
    served: seen.done,
    wrong: wrong === null ? null : describeSeed(seed, mode, stream, wrong),
  };
}

/** Runs seeds, some beside each other. */
export async function runSeeds(
  from: number,
  count: number,
  beside: number,
  run: (seed: number) => Promise<SeedOutcome>,
): Promise<{ readonly served: number; readonly wrong: readonly string[] }> {
  const wrong: string[] = [];
  let served = 0;
  let next = from;
  const work = async (): Promise<void> => {
    while (next < from + count) {
      const outcome = await run(next++);
      if (outcome.served) served += 1;
      if (outcome.wrong !== null) wrong.push(outcome.wrong);
    }
  };
  await Promise.all(Array.from({ length: beside }, work));
  return { served, wrong };
}
