import {
  createSseScanner,
  DEFAULT_MAX_EVENT_BYTES,
  DONE,
  parseJson,
  parseSseFrame,
  type SseFrame,
} from "@qwq-fit/wire";
import { brokenBy, createChatWriter, type StreamAbout } from "./chat-writer.ts";
import { createLineScanner } from "./line-scanner.ts";

/** A container's body as OpenAI's events; it holds back what is not whole yet. */
export interface BodyDecoder {
  /** The events that became whole with these bytes. */
  push(bytes: Uint8Array): string;
  /** The body has ended: what was left, and `[DONE]` where the answer was whole without it. */
  end(): string;
  /** The body broke: what is not whole is dropped, and an error ends the stream. */
  fail(code: string): string;
  /** No more is to come: the answer ended, or it was broken inside. */
  readonly over: boolean;
}

type Format = "sse" | "lines" | "document";

/** By the type where it tells, else by the first character: JSON has a brace, SSE a field's name or a colon. */
function formatOf(contentType: string, first: number): Format {
  if (/event-stream/i.test(contentType)) return "sse";
  if (/jsonlines|ndjson|json-seq/i.test(contentType)) return "lines";
  if (first !== BRACE && first !== BRACKET) return "sse";
  return /\bapplication\/json\b/i.test(contentType) || first === BRACKET ? "document" : "lines";
}

const BRACE = 0x7b;
const BRACKET = 0x5b;
const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 ||
  byte === 0x09 ||
  byte === 0x0a ||
  byte === 0x0d ||
  byte === 0xef ||
  byte === 0xbb ||
  byte === 0xbf;

/**
 * Decodes SSE, JSON lines, TGI's and LMI's token events and whole answers, by bytes: however the body was cut, the
 * events are the same. OpenAI's events pass as they came.
 */
export function createBodyDecoder(about: StreamAbout): BodyDecoder {
  const writer = createChatWriter(about);
  const scanner = createSseScanner();
  const lines = createLineScanner(DEFAULT_MAX_EVENT_BYTES);
  let format: Format | null = null;
  let blankBytes = 0;
  let over = false;

  const stop = (code: string): string => {
    over = true;
    return brokenBy(code);
  };
  const done = (): string => {
    over = true;
    return writer.finished ? "" : brokenBy("stream_interrupted");
  };
  const frame = (one: SseFrame): string => {
    const event = parseSseFrame(one);
    const asSent = (): string => new TextDecoder().decode(one.bytes) + (one.complete ? "" : "\n\n");
    if (event.data === null) return one.complete ? asSent() : "";
    if (event.data.trim() === DONE) return done() || writer.end();
    const value = event.event === "error" ? null : parseJson(event.data);
    // An event that the end cut is dropped: what follows decides whether the answer was whole.
    if (value === undefined && !one.complete) return "";
    return writer.write(value, asSent) ?? stop(value === null ? "upstream_error" : codeOf(value));
  };
  const line = (bytes: Uint8Array, complete: boolean): string => {
    const text = new TextDecoder().decode(bytes).trim();
    if (text === "") return "";
    if (text === DONE || text === `data: ${DONE}`) return done() || writer.end();
    const value = parseJson(text);
    if (value === undefined && !complete) return "";
    return writer.write(value, () => `data: ${text}\n\n`) ?? stop(codeOf(value));
  };
  /** JSON that is named so: one document, or lines of it under the wrong name. A list of one is TGI's. */
  const document = (): string => {
    const value = parseJson(new TextDecoder().decode(joined(held)));
    if (value === undefined) {
      let text = "";
      for (const part of held)
        for (const one of lines.push(part)) if (!over) text += line(one, true);
      return text + lastLine();
    }
    const one: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
    return writer.write(one, () => `data: ${JSON.stringify(one)}\n\n`) ?? stop(codeOf(one));
  };
  const lastLine = (): string => {
    const rest = over ? null : lines.end();
    return rest === null ? "" : line(rest, false);
  };
  const held: Uint8Array[] = [];
  let heldBytes = 0;

  const feed = (bytes: Uint8Array): string => {
    let text = "";
    if (format === "sse") {
      for (const one of scanner.push(bytes)) if (!over) text += frame(one);
    } else if (format === "lines") {
      for (const one of lines.push(bytes)) if (!over) text += line(one, true);
    } else {
      heldBytes += bytes.length;
      if (heldBytes > DEFAULT_MAX_EVENT_BYTES) throw new RangeError("too long");
      held.push(bytes.slice());
    }
    return text;
  };

  return {
    get over() {
      return over;
    },
    push: (bytes) => {
      if (over) return "";
      try {
        if (format !== null) return feed(bytes);
        const at = bytes.findIndex((byte) => !isSpace(byte));
        blankBytes += at < 0 ? bytes.length : at;
        if (blankBytes > LEADING_BYTES) return stop("protocol_error");
        if (at < 0) return "";
        format = formatOf(about.contentType, bytes[at] ?? 0);
        // Blank space in front says nothing, and might be half a line end.
        return feed(bytes.subarray(at));
      } catch {
        return stop("protocol_error");
      }
    },
    end: () => {
      if (over) return "";
      let text = "";
      if (format === "sse") {
        const rest = scanner.end();
        if (rest !== null) text = frame(rest);
      } else if (format === "lines") {
        text = lastLine();
      } else if (format === "document") {
        text = document();
      }
      if (over) return text;
      over = true;
      return text + (writer.finished ? writer.end() : brokenBy("stream_interrupted"));
    },
    fail: (code) => (over ? "" : stop(code)),
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Blank bytes that may come before a body begins. */
const LEADING_BYTES = 64 * 1024;

/** A piece that is JSON and tells of an error, or one that is nothing we know. */
const codeOf = (value: unknown): string =>
  typeof value === "object" && value !== null && "error" in value
    ? "upstream_error"
    : "protocol_error";
