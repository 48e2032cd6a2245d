import type { RankedNode } from "@qwq-fit/schema";
import { DONE_EVENT, encodeSseComment, type SseFrame } from "@qwq-fit/wire";
import type { Queue } from "./compete.ts";
import { followAnswer } from "./continuation.ts";
import { type Failure, nodeFailure } from "./failure.ts";
import { frameOf } from "./frames.ts";
import type { RelayLog } from "./log.ts";
import type { RelayCall } from "./ports.ts";

/** What is done so that a break after the first token can be made good. */
export interface Recovery {
  /** What the caller is shown of these frames at once. */
  pass(frames: readonly SseFrame[]): readonly SseFrame[];
  /** What was held back and is shown when all is whole. */
  readonly held: readonly SseFrame[];
  /** Why no more can be held. */
  readonly failure: Failure | null;
  /** After a break: the request for whoever goes on, the frames that make the answer whole, or null for neither. */
  next(broken: RankedNode): { readonly body: object } | readonly SseFrame[] | null;
  /** Another node goes on; what the caller is told of it. */
  enter(node: string): readonly SseFrame[] | null;
}

/** `hold` keeps all back and begins anew; `continue` remembers the answer and has another node go on from it. */
export function createRecovery(call: RelayCall, queue: Queue, log: RelayLog): Recovery {
  const follow = call.mode === "continue" ? followAnswer(call) : null;
  let held: SseFrame[] = [];
  let heldBytes = 0;
  // What the answer began on: every later part must be of the same weights to count as exact.
  let origin = "";
  let rewriting = false;
  const asked = new Set<string>();
  return {
    get held() {
      return held;
    },
    get failure() {
      return heldBytes > call.limits.bodyBytes ? nodeFailure("protocol_error") : null;
    },
    pass: (frames) => {
      if (follow === null) {
        held.push(...frames);
        for (const frame of frames) heldBytes += frame.bytes.length;
        return [];
      }
      if (rewriting) return frames.flatMap((frame) => follow.rewrite(frame) ?? []);
      for (const frame of frames) follow.push(frame);
      return frames;
    },
    next: (broken) => {
      // The node ended its answer and only the end marker is missing: the text is whole.
      if (follow?.finished === true) return [frameOf(DONE_EVENT)];
      held = [];
      heldBytes = 0;
      // A node whose stream broke may be asked once more, after all others.
      if (!asked.has(broken.node)) queue.push(broken);
      asked.add(broken.node);
      if (follow === null) return { body: call.body };
      const able = queue.filter((one) => call.nodes.get(one.node)?.capabilities.continuation);
      queue.splice(0, queue.length, ...able);
      const body = follow.nextBody();
      if (body === null || able.length === 0) return null;
      rewriting = true;
      return { body };
    },
    enter: (node) => {
      if (origin === "") origin = node;
      if (!rewriting || continuesExactly(call, origin, node)) return null;
      log.continued = true;
      return [frameOf(encodeSseComment(`continued on ${node}`))];
    },
  };
}

/** Another answer of the same weights, greedily: then a continuation is the same text. */
function continuesExactly(call: RelayCall, from: string, to: string): boolean {
  const quantization = (name: string): string | null | undefined =>
    call.nodes
      .get(name)
      ?.models.find((one) => one.id === call.shape.model || one.aliases.includes(call.shape.model))
      ?.quantization;
  const known = quantization(from);
  return call.body["temperature"] === 0 && typeof known === "string" && known === quantization(to);
}
