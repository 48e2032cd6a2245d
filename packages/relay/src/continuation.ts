import {
  type ChatChunk,
  createChatAssembler,
  encodeSseJson,
  readFrame,
  reasoningOf,
  type SseFrame,
} from "@qwq-fit/wire";
import { frameOf } from "./frames.ts";
import type { RelayCall } from "./ports.ts";

/** The answer that a caller has got so far, kept so that another node can go on from it. */
export interface AnswerSoFar {
  push(frame: SseFrame): void;
  /** The request that makes a node go on, or null where nobody can. */
  nextBody(): Readonly<Record<string, unknown>> | null;
  /** A later node's event as part of the same answer; null for one that the caller must not see. */
  rewrite(frame: SseFrame): SseFrame | null;
  /** Whether every choice has ended, so that only `[DONE]` is missing. */
  readonly finished: boolean;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function read(frame: SseFrame): ChatChunk | null {
  const data = readFrame(frame);
  return data?.kind === "chunk" ? data.chunk : null;
}

/** A text that ends inside a character cannot be continued: the other half is lost. */
const endsInsideCharacter = (text: string): boolean => /[\uD800-\uDBFF]$|\uFFFD$/.test(text);

/** A trailing assistant message that the caller itself asked to have continued. */
function openMessage(body: RelayCall["body"]): Readonly<Record<string, unknown>> | null {
  if (body["continue_final_message"] !== true || !Array.isArray(body["messages"])) return null;
  const last: unknown = body["messages"].at(-1);
  return isObject(last) ? last : null;
}

/** Follows one answer with a single choice; several choices or a tool call cannot be continued. */
export function followAnswer(call: RelayCall): AnswerSoFar {
  const assembler = createChatAssembler();
  let head: ChatChunk | null = null;
  let tokens = 0;
  let finished = false;
  let followable = call.api === "chat";

  const follow = (chunk: ChatChunk): void => {
    head ??= chunk;
    assembler.push(chunk);
    for (const choice of chunk.choices) {
      const { delta } = choice;
      if (choice.index !== 0 || (delta.tool_calls?.length ?? 0) > 0) followable = false;
      if (typeof delta.refusal === "string" && delta.refusal !== "") followable = false;
      if (delta.content || reasoningOf(delta) !== undefined) tokens++;
      if (choice.finish_reason) finished = true;
    }
  };

  return {
    get finished() {
      return finished;
    },
    push: (frame) => {
      const chunk = read(frame);
      if (chunk !== null) follow(chunk);
    },
    nextBody: () => {
      const message = assembler.completion().choices[0]?.message;
      const { messages } = call.body;
      if (!followable || finished || message === undefined || !Array.isArray(messages)) return null;
      const open = openMessage(call.body);
      const before = (field: string): string => {
        const value = open?.[field];
        return typeof value === "string" ? value : "";
      };
      const content = before("content") + (message.content ?? "");
      const reasoning = (reasoningOf(open ?? {}) ?? "") + (reasoningOf(message) ?? "");
      if (content === "" && reasoning === "") return null;
      if (endsInsideCharacter(content) || endsInsideCharacter(reasoning)) return null;
      const limits = remainingLimits(call.body, tokens);
      if (limits === null) return null;
      const history: readonly unknown[] = open === null ? messages : messages.slice(0, -1);
      const answer = {
        role: "assistant",
        ...(content === "" ? {} : { content }),
        ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
      };
      return {
        ...call.body,
        ...limits,
        messages: [...history, answer],
        continue_final_message: true,
        add_generation_prompt: false,
      };
    },
    rewrite: (frame) => {
      const chunk = read(frame);
      if (chunk === null) return frame;
      const choices = chunk.choices.flatMap((choice) => {
        const { role: _role, ...delta } = choice.delta;
        const empty = Object.values(delta).every((value) => value === null || value === "");
        return empty && !choice.finish_reason ? [] : [{ ...choice, delta }];
      });
      const shown = tokens;
      follow(chunk);
      if (choices.length === 0 && !chunk.usage) return null;
      const usage = chunk.usage
        ? {
            ...chunk.usage,
            prompt_tokens: Math.max(0, chunk.usage.prompt_tokens - shown),
            completion_tokens: chunk.usage.completion_tokens + shown,
          }
        : chunk.usage;
      return frameOf(
        encodeSseJson({
          ...chunk,
          ...(head === null ? {} : { id: head.id, created: head.created, model: head.model }),
          choices,
          ...(usage ? { usage } : {}),
        }),
      );
    },
  };
}

/** The caller's caps less what was used; null where nothing is left. Events are counted as tokens. */
function remainingLimits(
  body: RelayCall["body"],
  used: number,
): Readonly<Record<string, number>> | null {
  const limits: Record<string, number> = {};
  for (const field of ["max_tokens", "max_completion_tokens"]) {
    const cap = body[field];
    if (typeof cap !== "number") continue;
    if (cap - used < 1) return null;
    limits[field] = cap - used;
  }
  return limits;
}
