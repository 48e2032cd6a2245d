import {
  type ChatConverter,
  createReasoningNormalizer,
  createSseScanner,
  encodeNamedEvent,
  encodeSseComment,
  encodeSseJson,
  type NamedEvent,
  parseSseFrame,
  readChatData,
  type ReasoningSplitterOptions,
  type SseFrame,
} from "@qwq-fit/wire";

const encoder = new TextEncoder();

const encode = (events: readonly NamedEvent[]): string => events.map(encodeNamedEvent).join("");

/**
 * A stream of chat chunks as another API's events; comments stay comments, an error stays an error. With
 * `reasoning` thought is told apart first, however it came.
 */
export function convertStream(
  body: ReadableStream<Uint8Array>,
  converter: ChatConverter,
  reasoning: ReasoningSplitterOptions | null,
): ReadableStream<Uint8Array> {
  const normalizer = reasoning === null ? null : createReasoningNormalizer(reasoning);
  let ended = false;
  return mapFrames(body, {
    start: () => encode(converter.start()),
    frame: (frame) => {
      const event = parseSseFrame(frame);
      let text = event.comments.map(encodeSseComment).join("");
      if (event.data === null || ended) return text;
      const data = readChatData(event);
      switch (data.kind) {
        case "chunk":
          return (
            text +
            encode(
              (normalizer?.push(data.chunk) ?? [data.chunk]).flatMap((chunk) =>
                converter.push(chunk),
              ),
            )
          );
        case "done":
          ended = true;
          return text + encode(converter.end());
        case "error":
        case "malformed":
          ended = true;
          text += encode(
            converter.fail(
              data.kind === "error"
                ? { code: data.error.upstreamCode ?? data.error.code, message: data.error.message }
                : { code: "protocol_error", message: data.reason },
            ),
          );
          return text;
      }
    },
  });
}

/** A stream of chat chunks with thought under `reasoning_content` and `reasoning`, however it came. */
export function normalizeStream(
  body: ReadableStream<Uint8Array>,
  options: ReasoningSplitterOptions,
): ReadableStream<Uint8Array> {
  const normalizer = createReasoningNormalizer(options);
  return mapFrames(body, {
    start: () => "",
    frame: (frame) => {
      const event = parseSseFrame(frame);
      const data = event.data === null ? null : readChatData(event);
      if (data?.kind !== "chunk") return frame.bytes;
      return normalizer
        .push(data.chunk)
        .map((chunk) => encodeSseJson(chunk))
        .join("");
    },
  });
}

interface FrameMap {
  start(): string;
  frame(frame: SseFrame): string | Uint8Array;
}

const write = (
  controller: TransformStreamDefaultController<Uint8Array>,
  out: string | Uint8Array,
): void => {
  if (out.length > 0) controller.enqueue(typeof out === "string" ? encoder.encode(out) : out);
};

/** Rewrites a stream event by event, with back-pressure. */
function mapFrames(body: ReadableStream<Uint8Array>, map: FrameMap): ReadableStream<Uint8Array> {
  const scanner = createSseScanner();
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => write(controller, map.start()),
      transform: (chunk, controller) => {
        for (const frame of scanner.push(chunk)) write(controller, map.frame(frame));
      },
      flush: (controller) => {
        const last = scanner.end();
        if (last !== null) write(controller, map.frame(last));
      },
    }),
  );
}
