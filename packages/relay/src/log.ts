import type { Attempt, RankedNode, Receipt, ServingNode } from "@qwq-fit/schema";
import type { ChatUsage } from "@qwq-fit/wire";
import type { RelayCall, RelayPorts } from "./ports.ts";

/** What happened to one request so far; becomes its receipt. */
export interface RelayLog {
  readonly arrivedMs: number;
  readonly attempts: Attempt[];
  firstTokenMs: number | null;
  continued: boolean;
  usage: ChatUsage | null;
}

/** A log that starts now. */
export function createLog(ports: Pick<RelayPorts, "now">): RelayLog {
  return {
    arrivedMs: ports.now(),
    attempts: [],
    firstTokenMs: null,
    continued: false,
    usage: null,
  };
}

/** Cost of what was used, USD; null where it is not known. */
function costOf(
  node: ServingNode | undefined,
  model: string,
  usage: ChatUsage | null,
): number | null {
  if (usage === null || node === undefined) return null;
  const offer = node.models.find((one) => one.id === model || one.aliases.includes(model));
  if (offer === undefined) return null;
  const input = (usage.prompt_tokens ?? 0) * (offer.inputUsdPerMillionTokens ?? 0);
  const output = (usage.completion_tokens ?? 0) * (offer.outputUsdPerMillionTokens ?? 0);
  return (input + output) / 1e6;
}

/** The receipt of a request that `node` answered last (or would have, for one that failed). */
export function receiptOf(
  call: RelayCall,
  log: RelayLog,
  node: string,
  ports: Pick<RelayPorts, "now" | "id">,
): Receipt {
  const serving = call.nodes.get(node);
  const ranked: RankedNode | undefined = call.ranked.find((one) => one.node === node);
  const model = call.shape.model;
  return {
    schemaVersion: 1,
    id: ports.id(),
    model,
    license: null,
    fileSha256: null,
    node,
    privacy: serving?.privacy ?? "any",
    why: ranked?.reasons ?? [],
    attempts: log.attempts,
    predicted: {
      timeToFirstTokenMs: ranked?.timeToFirstTokenMs ?? null,
      timeToAnswerMs: ranked?.timeToAnswerMs ?? null,
      costUsd: ranked?.costUsd ?? null,
    },
    actual: {
      timeToFirstTokenMs: log.firstTokenMs === null ? null : log.firstTokenMs - log.arrivedMs,
      totalMs: ports.now() - log.arrivedMs,
      promptTokens: log.usage?.prompt_tokens ?? null,
      outputTokens: log.usage?.completion_tokens ?? null,
      costUsd: costOf(serving, model, log.usage),
    },
    continued: log.continued,
  };
}
