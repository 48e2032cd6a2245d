import { createInterface } from "node:readline";
import type { Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { QwqError } from "@qwq-fit/schema";
import type { ChatMessage } from "@qwq-fit/wire";
import { createPainter } from "./paint.ts";
import {
  NEW_SESSION,
  createLineJoiner,
  messagesToSend,
  readLine,
  withoutLastTurn,
} from "./session.ts";
import type { ChatSession } from "./session.ts";
import { streamAnswer } from "./stream-answer.ts";
import type { ChatTarget } from "./stream-answer.ts";

export interface ChatReplOptions {
  readonly target: ChatTarget;
  readonly input: Readable;
  readonly output: Writable;
  /** A person at a terminal: prompts, line editing, rewriting of lines. */
  readonly terminal: boolean;
  readonly color: boolean;
  readonly session?: Partial<ChatSession>;
  /** Earlier lines, newest first, for the arrow keys. */
  readonly history?: readonly string[];
  /** The lines of this chat and of `history`, newest first, each time one is added. */
  readonly onHistory?: (lines: readonly string[]) => void;
  readonly now?: () => number;
}

/**
 * A conversation over streams, to its end: reads lines, answers them as they come. Ctrl-C stops an answer, and between
 * answers the chat; a failed answer is told and takes back its question.
 */
export async function runChatRepl(options: ChatReplOptions): Promise<ChatSession> {
  const { input, output, terminal } = options;
  const lines = createInterface({
    input,
    output,
    terminal,
    prompt: "> ",
    history: [...(options.history ?? [])],
    historySize: 1000,
  });
  const joiner = createLineJoiner();
  let session: ChatSession = { ...NEW_SESSION, ...options.session };
  let running: AbortController | null = null;
  lines.on("SIGINT", () => {
    if (running === null) lines.close();
    else running.abort();
  });
  lines.on("history", (history: readonly string[]) => options.onHistory?.([...history]));
  let closed = false;
  lines.once("close", () => {
    closed = true;
  });
  const prompt = (): void => {
    if (!terminal || closed) return;
    lines.setPrompt(joiner.unfinished ? ". " : "> ");
    lines.prompt();
  };
  prompt();
  for await (const line of lines) {
    const text = joiner.push(line);
    if (text === null || text.trim() === "") {
      prompt();
      continue;
    }
    const result = readLine(session, text);
    if (result.kind === "exit") break;
    if (result.kind === "done") {
      session = result.session;
      output.write(`${result.told}\n`);
    } else {
      running = new AbortController();
      session = await answer(asked(session, result), options, running.signal);
      running = null;
    }
    prompt();
  }
  closeLines(lines);
  return session;
}

function asked(
  session: ChatSession,
  result: { readonly kind: "say"; readonly text: string } | { readonly kind: "retry" },
): ChatSession {
  if (result.kind === "say") {
    const said: ChatMessage = { role: "user", content: result.text };
    return { ...session, messages: [...session.messages, said] };
  }
  const last = session.messages.findLast((message) => message.role === "user");
  const before = withoutLastTurn(session.messages);
  return { ...session, messages: last === undefined ? before : [...before, last] };
}

async function answer(
  session: ChatSession,
  options: ChatReplOptions,
  signal: AbortSignal,
): Promise<ChatSession> {
  const { output, terminal, color, now = Date.now } = options;
  const write = (text: string): void => void output.write(text);
  const painter = createPainter({ write, terminal, color, view: session.thoughts, now });
  const answered = (): ChatSession => ({
    ...session,
    lastThought: painter.thought,
    messages: [...session.messages, { role: "assistant", content: painter.content }],
  });
  try {
    const messages = messagesToSend(session);
    for await (const part of streamAnswer(options.target, messages, session.settings, signal)) {
      painter.part(part);
    }
    return answered();
  } catch (error) {
    painter.close();
    const aborted = QwqError.is(error, "aborted");
    const message = error instanceof Error ? error.message : String(error);
    write(aborted ? "Stopped.\n" : `Error: ${message}\n`);
    // What was said before the stop stays; of a failed answer nothing does.
    if (aborted && painter.content !== "") return answered();
    return {
      ...session,
      messages: withoutLastTurn(session.messages),
      lastThought: painter.thought,
    };
  }
}

function closeLines(lines: Interface): void {
  lines.removeAllListeners("SIGINT");
  lines.close();
}
