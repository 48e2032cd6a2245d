import type { ChatChunk } from "./chat/response.ts";
import type { JsonObject } from "./json.ts";
import { encodeSseJson } from "./sse/encode.ts";

/** An event of a stream whose events have names; `data.type` repeats the name. */
export interface NamedEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The event as SSE text. */
export function encodeNamedEvent(event: NamedEvent): string {
  return encodeSseJson(event satisfies JsonObject, event.type);
}

/** Turns the chunks of a chat completion into another API's events. */
export interface ChatConverter {
  /** Events before anything is generated. */
  start(): NamedEvent[];
  push(chunk: ChatChunk): NamedEvent[];
  /** Events of a clean end. Without a finish reason it is told as a failure: the stream was cut. */
  end(): NamedEvent[];
  /** Events of a failure after the start. */
  fail(fault: { readonly code: string; readonly message: string }): NamedEvent[];
  /** The whole answer so far, as without streaming. */
  whole(): JsonObject;
}
