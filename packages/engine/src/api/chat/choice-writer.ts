import { createReasoningSplitter, createToolParser, reasoningDelta } from "@qwq-fit/wire";
import type {
  ChatDelta,
  ChoiceLogprobs,
  FinishReason,
  ReasoningSplitter,
  TokenLogprob,
  ToolParser,
  ToolPart,
} from "@qwq-fit/wire";
import type { EngineInfo } from "../../engine.ts";
import type { EndEvent, TokenEvent, TokenLogprobs, ToolCallEvent } from "../../generate-events.ts";
import type { ChatJob } from "./job.ts";

/** One delta of a choice, with the log probabilities of its tokens. */
export interface WrittenDelta {
  readonly delta: ChatDelta;
  readonly logprobs: ChoiceLogprobs | null;
}

/** The end of a choice. */
export interface WrittenEnd {
  readonly deltas: readonly WrittenDelta[];
  readonly finish: FinishReason;
  readonly stop: string | null;
}

/** Turns the events of an engine into the deltas of one choice. */
export interface ChoiceWriter {
  token(event: TokenEvent): WrittenDelta[];
  toolCall(event: ToolCallEvent): WrittenDelta[];
  end(event: EndEvent): WrittenEnd;
  /** The content so far, without thought and calls. */
  readonly content: string;
  readonly calls: number;
}

/** A writer for one choice of a job. */
export function createChoiceWriter(
  job: ChatJob,
  info: EngineInfo,
  newId: () => string,
): ChoiceWriter {
  const splitter: ReasoningSplitter | null =
    info.reasoning === null || info.capabilities.separatesChat
      ? null
      : createReasoningSplitter({
          ...info.reasoning,
          start: job.startsInThought ? "thought" : "content",
          continues: job.continues,
          toolTags: job.tools.length === 0 ? [] : [info.toolCalls?.openTag ?? "<tool_call>"],
        });
  const parser: ToolParser | null =
    job.tools.length === 0 || info.capabilities.separatesChat
      ? null
      : createToolParser({
          ...info.toolCalls,
          tools: job.tools,
          bareJson: job.bareJsonCalls || info.toolCalls === null,
        });
  let content = "";
  let calls = 0;
  /** The call that is being written is one too many. */
  let dropped = false;
  let waiting: TokenLogprob[] = [];

  function write(text: string, channel: "reasoning" | "content"): WrittenDelta[] {
    if (text === "") return [];
    if (channel === "reasoning" && job.hidesThought) return [];
    if (channel === "reasoning") return [{ delta: reasoningDelta(text), logprobs: null }];
    return parser === null ? [said(text)] : parser.push(text).flatMap(part);
  }

  function split(text: string): WrittenDelta[] {
    if (splitter === null) return write(text, "content");
    return splitter.push(text).flatMap((one) => write(one.text, one.channel));
  }

  function part(one: ToolPart): WrittenDelta[] {
    if (one.kind === "text") return [said(one.text)];
    if (one.kind === "arguments") {
      if (dropped) return [];
      const piece = { index: calls - 1, function: { arguments: one.text } };
      return [{ delta: { tool_calls: [piece] }, logprobs: takeLogprobs() }];
    }
    dropped = calls >= job.mostCalls;
    if (dropped) return [];
    const index = calls;
    calls += 1;
    const call = { name: one.name, arguments: one.arguments };
    const whole = { index, id: `call_${newId()}`, type: "function" as const, function: call };
    return [{ delta: { tool_calls: [whole] }, logprobs: takeLogprobs() }];
  }

  function said(text: string): WrittenDelta {
    content += text;
    return { delta: { content: text }, logprobs: takeLogprobs() };
  }

  function takeLogprobs(): ChoiceLogprobs | null {
    if (!job.logprobs) return null;
    const taken = waiting;
    waiting = [];
    return { content: taken };
  }

  return {
    get content() {
      return content;
    },
    get calls() {
      return calls;
    },
    token: (event) => {
      const thinking = splitter?.insideThought ?? event.channel === "reasoning";
      if (!thinking) waiting.push(...(event.logprobs ?? []).map(wireLogprobs));
      return event.channel === undefined ? split(event.text) : write(event.text, event.channel);
    },
    toolCall: ({ index, id, name, argumentsText }) => {
      calls = Math.max(calls, index + 1);
      const first =
        name === undefined ? {} : { id: id ?? `call_${newId()}`, type: "function" as const };
      const inner = { ...(name === undefined ? {} : { name }), arguments: argumentsText };
      return [
        { delta: { tool_calls: [{ index, ...first, function: inner }] }, logprobs: takeLogprobs() },
      ];
    },
    end: (event) => {
      const rest = (splitter?.end() ?? []).flatMap((one) => write(one.text, one.channel));
      const last = (parser?.end() ?? []).flatMap(part);
      return {
        deltas: [...rest, ...last],
        finish: finishOf(event, calls),
        stop: event.stopSequence ?? null,
      };
    },
  };
}

function finishOf(event: EndEvent, calls: number): FinishReason {
  if (event.reason === "length") return "length";
  return calls > 0 || event.reason === "tool-calls" ? "tool_calls" : "stop";
}

function wireLogprobs(token: TokenLogprobs): TokenLogprob {
  const { text, logprob, bytes, alternatives } = token;
  return {
    token: text,
    logprob,
    bytes,
    top_logprobs: alternatives.map((one) => ({
      token: one.text,
      logprob: one.logprob,
      bytes: one.bytes,
    })),
  };
}
