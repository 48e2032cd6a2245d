import type { FramedAnswer, FrameStream } from "@qwq-fit/relay";
import {
  type ChatConverter,
  chatFromMessages,
  chatFromResponses,
  type Checked,
  createMessagesConverter,
  createResponsesConverter,
  encodeNamedEvent,
  messageFromChat,
  type NamedEvent,
  readFrame,
  responseFromChat,
  type SseFrame,
} from "@qwq-fit/wire";
import type { Core } from "./core.ts";

type Body = Readonly<Record<string, unknown>>;

/** A request that is wrong in itself. */
export class Refusal extends Error {
  readonly code: string;
  readonly param: string | null;
  constructor(code: string, message: string, param: string | null) {
    super(message);
    this.code = code;
    this.param = param;
  }
}

/** A request as the core takes it, and its answer as the caller reads it. */
interface Spoken {
  readonly body: Body;
  readonly converter: (answer: FramedAnswer) => FramedAnswer;
  readonly whole: (text: string) => string;
}

interface Dialect {
  readonly api: "chat" | "completions" | "embeddings";
  readonly read: (body: Body, core: Core) => Spoken;
}

const same = <T>(value: T): T => value;
const asIs = (body: Body): Spoken => ({ body, converter: same, whole: same });

/** The APIs that the client's `fetch` speaks. Responses and Messages are carried as chats, as by the router. */
export const DIALECTS: Readonly<Record<Path, Dialect>> = {
  "/chat/completions": { api: "chat", read: asIs },
  "/completions": { api: "completions", read: asIs },
  "/embeddings": { api: "embeddings", read: asIs },
  "/responses": {
    api: "chat",
    read: (given, core) => {
      const request = { model: core.model, ...given };
      const id = `resp_${Math.random().toString(36).slice(2)}`;
      const options = { request, id, model: request.model, now: Date.now };
      return {
        body: { ...valueOf(chatFromResponses(request)) },
        converter: converting(() => createResponsesConverter(options)),
        whole: (text) => JSON.stringify(responseFromChat(JSON.parse(text), options)),
      };
    },
  },
  "/messages": {
    api: "chat",
    read: (given, core) => {
      const request = { model: core.model, max_tokens: 1, ...given };
      const id = `msg_${Math.random().toString(36).slice(2)}`;
      const options = { id, model: request.model };
      return {
        body: { ...valueOf(chatFromMessages(request)) },
        converter: converting(() => createMessagesConverter(options)),
        whole: (text) => JSON.stringify(messageFromChat(JSON.parse(text), options)),
      };
    },
  },
};

type Path = "/chat/completions" | "/completions" | "/embeddings" | "/responses" | "/messages";
export const isDialect = (path: string): path is Path => Object.hasOwn(DIALECTS, path);

function valueOf<T>(checked: Checked<T>): T {
  if (checked.ok) return checked.value;
  const [first] = checked.problems;
  throw new Refusal(
    first?.code ?? "invalid_request",
    first?.message ?? "the body is not valid",
    first?.param ?? null,
  );
}

/** A stream of chat chunks as another API's events; comments stay comments, an error stays an error. */
function converting(create: () => ChatConverter) {
  return (answer: FramedAnswer): FramedAnswer => {
    const { body } = answer;
    if (typeof body === "string") return answer;
    return { ...answer, body: { ...body, frames: convert(body.frames, create()) } };
  };
}

const encoder = new TextEncoder();
const frameOf = (events: readonly NamedEvent[]): SseFrame => ({
  bytes: encoder.encode(events.map(encodeNamedEvent).join("")),
  complete: true,
  first: false,
});

async function* convert(
  frames: FrameStream["frames"],
  converter: ChatConverter,
): AsyncGenerator<readonly SseFrame[]> {
  yield [frameOf(converter.start())];
  for await (const batch of frames) {
    yield batch.map((frame) => {
      const data = readFrame(frame);
      if (data === null) return frame;
      if (data.kind === "chunk") return frameOf(converter.push(data.chunk));
      if (data.kind === "done") return frameOf(converter.end());
      const { code, message } =
        data.kind === "error" ? data.error : { code: "protocol_error", message: data.reason };
      return frameOf(converter.fail({ code, message }));
    });
  }
}
