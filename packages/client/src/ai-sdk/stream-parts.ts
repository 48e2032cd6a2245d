import { type ChatChunk, type ChatUsage, reasoningOf, type ToolCallDelta } from "@qwq-fit/wire";
import type { FinishReason, StreamPart, Unified, Usage } from "./types.ts";

const FINISH: Readonly<Record<string, Unified>> = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
};

/** OpenAI's finish reason in the SDK's words. */
export const finishOf = (raw: string | null | undefined): FinishReason => ({
  unified: FINISH[raw ?? ""] ?? "other",
  raw: raw ?? undefined,
});

/** OpenAI's usage in the SDK's shape. */
export function usageOf(usage: ChatUsage | null | undefined): Usage {
  const cached = usage?.prompt_tokens_details?.cached_tokens ?? undefined;
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens ?? undefined;
  const input = usage?.prompt_tokens;
  const output = usage?.completion_tokens;
  return {
    inputTokens: {
      total: input,
      noCache: input === undefined ? undefined : input - (cached ?? 0),
      cacheRead: cached,
      cacheWrite: undefined,
    },
    outputTokens: {
      total: output,
      text: output === undefined ? undefined : output - (reasoning ?? 0),
      reasoning,
    },
  };
}

interface OpenCall {
  readonly id: string;
  readonly toolName: string;
  input: string;
}

/** Turns chunks into the SDK's parts, whose order is strict: each part starts, has its deltas, ends, before the next. */
export interface PartMaker {
  push(chunk: ChatChunk): StreamPart[];
  /** Ends what is open; the finish part is not among these. */
  end(): StreamPart[];
  readonly finish: FinishReason;
  readonly usage: Usage;
}

/** A maker for one answer (its first choice). */
export function createPartMaker(): PartMaker {
  let open: { kind: "text" | "reasoning"; id: string } | null = null;
  let blocks = 0;
  let raw: string | null = null;
  let usage: ChatUsage | null = null;
  let named = false;
  const calls = new Map<number, OpenCall>();
  const ids = new Set<string>();

  const close = (): StreamPart[] => {
    if (open === null) return [];
    const { kind, id } = open;
    open = null;
    return [kind === "text" ? { type: "text-end", id } : { type: "reasoning-end", id }];
  };
  const closeCalls = (): StreamPart[] => {
    const parts = [...calls.values()].flatMap(({ id, toolName, input }): StreamPart[] => [
      { type: "tool-input-end", id },
      { type: "tool-call", toolCallId: id, toolName, input: input === "" ? "{}" : input },
    ]);
    calls.clear();
    return parts;
  };
  const text = (kind: "text" | "reasoning", delta: string): StreamPart[] => {
    const parts: StreamPart[] = [];
    if (open?.kind !== kind) {
      parts.push(...close(), ...closeCalls());
      open = { kind, id: String(blocks++) };
      parts.push(
        kind === "text"
          ? { type: "text-start", id: open.id }
          : { type: "reasoning-start", id: open.id },
      );
    }
    const { id } = open;
    parts.push(
      kind === "text" ? { type: "text-delta", id, delta } : { type: "reasoning-delta", id, delta },
    );
    return parts;
  };
  const call = (delta: ToolCallDelta): StreamPart[] => {
    const parts = close();
    const index = delta.index ?? 0;
    let known = calls.get(index);
    if (known === undefined) {
      // Some servers give two calls one id, which the SDK would take for one call.
      const own = delta.id ?? "";
      const id = own === "" || ids.has(own) ? `call_${ids.size}_${index}` : own;
      ids.add(id);
      known = {
        id,
        toolName: delta.function?.name ?? "",
        input: "",
      };
      calls.set(index, known);
      parts.push({ type: "tool-input-start", id: known.id, toolName: known.toolName });
    }
    const more = delta.function?.arguments ?? "";
    known.input += more;
    if (more !== "") parts.push({ type: "tool-input-delta", id: known.id, delta: more });
    return parts;
  };

  return {
    push: (chunk) => {
      const parts: StreamPart[] = [];
      if (!named) {
        named = true;
        parts.push({
          type: "response-metadata",
          id: chunk.id,
          modelId: chunk.model,
          timestamp: new Date(chunk.created * 1000),
        });
      }
      if (chunk.usage) ({ usage } = chunk);
      for (const choice of chunk.choices) {
        if (choice.index !== 0) continue;
        const { delta } = choice;
        const reasoning = reasoningOf(delta);
        if (reasoning !== undefined) parts.push(...text("reasoning", reasoning));
        if (typeof delta.content === "string" && delta.content !== "")
          parts.push(...text("text", delta.content));
        for (const one of delta.tool_calls ?? []) parts.push(...call(one));
        if (choice.finish_reason) raw = choice.finish_reason;
      }
      return parts;
    },
    end: () => [...close(), ...closeCalls()],
    get finish() {
      return finishOf(raw);
    },
    get usage() {
      return usageOf(usage);
    },
  };
}
