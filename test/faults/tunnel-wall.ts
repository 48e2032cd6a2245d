import { seeded } from "../support/fault.ts";
import { readAnswer, type Seen } from "../support/read-answer.ts";
import type { AnyTunnelRouter } from "../support/tunnel-router.ts";
import { judge } from "./judge.ts";
import { type AgentProcess, startAgentProcess } from "./tunnel-parts/agent-process.ts";
import { type PacedNode, sourceOf, startPacedNode } from "./tunnel-parts/paced-node.ts";

export interface TunnelWallOptions {
  readonly streams: number;
  readonly agents: number;
  /** Streams at once. */
  readonly beside: number;
  readonly everyMs: number;
  /** Something is broken each time so many tokens were sent, whoever sent them. */
  readonly tokensPerFault: number;
  /** Each so many faults the router itself is restarted, which cuts all that runs; 0 for never. */
  readonly faultsPerRestart: number;
  readonly seed: number;
  /** Is told when a wave of streams is over and nothing runs. */
  readonly onWave?: () => void;
}

/** What came of it. */
export interface TunnelWallResult {
  readonly wrong: readonly string[];
  readonly whole: number;
  /** Streams that failed, and said so. */
  readonly told: number;
  /** Cut with the router itself, which cannot tell any more. */
  readonly cut: number;
  readonly faults: Readonly<Record<string, number>>;
}

/** Short limits; breakers that never open, so that each try really is one. */
export const WALL_CONFIG: Readonly<Record<string, unknown>> = {
  breakerFailures: 1e9,
  retryShare: 100,
  limits: { headersMs: 2500, firstTokenMs: 2500, idleMs: 2500, attempts: 8 },
};

/** A stream that has not ended by then hangs: each of eight tries may take its limit twice. */
const DEADLINE_MS = 120_000;
/** What breaks; each once at first, then drawn. */
const KINDS = ["kill", "freeze", "reset"] as const;
const MODES = ["error", "continue", "hold"] as const;

/** Streams through agents that are killed, frozen and cut off, by a router that is evicted and restarted. */
export async function runTunnelWall(
  router: AnyTunnelRouter,
  options: TunnelWallOptions,
): Promise<TunnelWallResult> {
  const { streams, agents: count, beside, tokensPerFault, seed } = options;
  const random = seeded(seed);
  const faults: Record<string, number> = {};
  let tokens = 0;
  let working: Promise<unknown> = Promise.resolve();
  /** Restarts that have begun and ended: a stream that lived through none of either was not cut by one. */
  let restarts = 0;
  let broken = 0;
  const onToken = (): void => {
    tokens += 1;
    if (tokens % tokensPerFault === 0) working = working.then(() => breakSomething());
  };
  const nodes: PacedNode[] = [];
  for (let i = 0; i < Math.min(4, count); i++) {
    nodes.push(await startPacedNode(options.everyMs, onToken));
  }
  const agents: AgentProcess[] = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      startAgentProcess(router.url, nodes[i % nodes.length]?.baseUrl ?? "", `agent${i}`),
    ),
  );
  const pick = (): AgentProcess | undefined => agents[Math.floor(random() * agents.length)];
  const breakSomething = async (): Promise<void> => {
    broken += 1;
    // Who was frozen is let go at the next fault but one, or dies frozen.
    if (broken % 2 === 0) for (const agent of agents) agent.thaw();
    const restart = options.faultsPerRestart > 0 && broken % options.faultsPerRestart === 0;
    const drawn = KINDS[broken - 1] ?? KINDS[Math.floor(random() * KINDS.length)] ?? "kill";
    const kind = restart ? "restart" : drawn;
    faults[kind] = (faults[kind] ?? 0) + 1;
    if (kind === "kill") pick()?.kill();
    else if (kind === "freeze") pick()?.freeze();
    else if (kind === "reset") await router.reset(random());
    else {
      restarts += 1;
      await router.restart();
      restarts += 1;
    }
  };

  let whole = 0;
  let told = 0;
  let cut = 0;
  const wrong: string[] = [];
  const one = async (index: number): Promise<void> => {
    const id = seed * 100_000 + index;
    const mode = MODES[index % 3] ?? "error";
    const before = restarts;
    let seen: Seen | null;
    try {
      seen = await ask(router.url, id, mode);
    } catch (error) {
      seen = null;
      if (error instanceof Error && error.name === "TimeoutError") {
        wrong.push(`stream ${id}, ${mode}: hangs`);
        return;
      }
    }
    const restarted = restarts !== before || restarts % 2 === 1;
    const judged = seen === null ? "no answer" : judge(sourceOf(id), mode, seen);
    if (judged === null) {
      if (seen?.done === true) whole += 1;
      else told += 1;
    } else if (restarted && (seen === null || isBeginning(id, seen))) cut += 1;
    else wrong.push(`stream ${id}, ${mode}: ${judged}`);
  };
  try {
    await Promise.all(agents.map((agent) => agent.connected()));
    await served(router.url, count);
    for (let from = 0; from < streams; from += beside) {
      const wave = Array.from({ length: Math.min(beside, streams - from) }, (_, i) => from + i);
      await Promise.all(wave.map(one));
      await working;
      for (const agent of agents) agent.thaw();
      options.onWave?.();
      // Objects sleep when nothing runs; the next wave wakes them, their sockets as they were.
      faults["sleep"] = (faults["sleep"] ?? 0) + (await router.sleep());
    }
  } finally {
    await Promise.all(agents.map((agent) => agent.close()));
    // Else the next run would count them as nodes that it waits for.
    for (const { id } of agents) await fetch(`${router.url}/v1/nodes/${id}`, { method: "DELETE" });
    await Promise.all(nodes.map((node) => node.close()));
  }
  return { wrong, whole, told, cut, faults };
}

/** Resolves when the router has met all nodes: an isolate asks the registry now and then. */
async function served(url: string, count: number): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/v1/models`);
    const value: unknown = await response.json();
    const list: unknown = Reflect.get(Object(value), "data");
    const first: unknown = Array.isArray(list) ? list[0] : null;
    if (Reflect.get(Object(first), "nodes") === count) return;
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
}

/** What a cut connection may have shown: the beginning of the text, and no end. */
function isBeginning(id: number, seen: Seen): boolean {
  const { thought, answer } = sourceOf(id);
  return (
    !seen.done &&
    thought.join("").startsWith(seen.thought) &&
    answer.join("").startsWith(seen.answer)
  );
}

async function ask(url: string, id: number, mode: string): Promise<Seen> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-qwq-mode": mode },
    body: JSON.stringify({
      model: "scripted",
      stream: true,
      user: String(id),
      messages: [{ role: "user", content: "hi" }],
    }),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  const isStream = (response.headers.get("content-type") ?? "").startsWith("text/event-stream");
  const body = isStream && response.body !== null ? response.body : await response.text();
  return readAnswer(response.status, body);
}
