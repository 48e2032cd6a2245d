import {
  createSseScanner,
  parseSseFrame,
  readChatData,
  reasoningOf,
  type SseFrame,
} from "@qwq-fit/wire";

/** What a client saw of an answer. */
export interface Seen {
  readonly status: number;
  readonly thought: string;
  readonly answer: string;
  readonly finish: string | null;
  readonly done: boolean;
  /** Code of an error event or envelope. */
  readonly error: string | null;
  readonly comments: readonly string[];
  /** All bytes, for searches. */
  readonly raw: string;
  /** The connection broke instead of ending. */
  readonly broke: boolean;
}

/** Reads an answer as a strict client does; counts nothing after `[DONE]` but comments. */
export async function readAnswer(
  status: number,
  body: ReadableStream<Uint8Array> | string,
): Promise<Seen> {
  if (typeof body === "string") return readWhole(status, body);
  const scanner = createSseScanner();
  const text = new TextDecoder();
  let raw = "";
  let thought = "";
  let answer = "";
  let finish: string | null = null;
  let done = false;
  let error: string | null = null;
  let broke = false;
  const comments: string[] = [];
  const take = (frames: readonly SseFrame[]): void => {
    for (const frame of frames) {
      const event = parseSseFrame(frame);
      comments.push(...event.comments);
      if (event.data === null) continue;
      const data = readChatData(event);
      if (data.kind === "done") done = true;
      else if (data.kind === "error") error = data.error.upstreamCode ?? data.error.code;
      else if (data.kind === "malformed") throw new Error(`malformed event: ${event.data}`);
      else {
        if (done) throw new Error("an event after [DONE]");
        for (const choice of data.chunk.choices) {
          thought += reasoningOf(choice.delta) ?? "";
          answer += choice.delta.content ?? "";
          finish = choice.finish_reason ?? finish;
        }
      }
    }
  };
  const reader = body.getReader();
  try {
    for (;;) {
      const { done: over, value } = await reader.read();
      if (over) break;
      raw += text.decode(value, { stream: true });
      take(scanner.push(value));
    }
    const last = scanner.end();
    if (last !== null) take([last]);
  } catch (fault) {
    if (fault instanceof Error && /malformed|after \[DONE\]/.test(fault.message)) throw fault;
    broke = true;
  }
  return { status, thought, answer, finish, done, error, comments, raw, broke };
}

function readWhole(status: number, text: string): Seen {
  const value: unknown = JSON.parse(text);
  const none = {
    thought: "",
    answer: "",
    finish: null,
    done: false,
    comments: [],
    raw: text,
    broke: false,
  };
  if (status !== 200) {
    const inner: unknown = Reflect.get(Object(value), "error");
    return { ...none, status, error: String(Reflect.get(Object(inner), "code")) };
  }
  const choices: unknown = Reflect.get(Object(value), "choices");
  const choice: unknown = Array.isArray(choices) ? choices[0] : null;
  const message: unknown = Reflect.get(Object(choice), "message");
  const field = (name: string): string => String(Reflect.get(Object(message), name) ?? "");
  const finish = String(Reflect.get(Object(choice), "finish_reason"));
  return {
    ...none,
    status,
    thought: field("reasoning_content"),
    answer: field("content"),
    finish,
    done: true,
    error: null,
  };
}
