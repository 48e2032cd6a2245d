import { createSseScanner, parseSseFrame } from "@qwq-fit/wire";
import { seeded } from "../support/fault.ts";

/** Sends one request to a router. */
export type Send = (path: string, init: RequestInit) => Promise<Response>;

/** Where a phone loses its connection while it reads. */
export type Cut =
  | { readonly kind: "before-headers" }
  /** Behind the n-th event, inside the n-th event, or inside a character of several bytes of it or a later one. */
  | { readonly kind: "boundary" | "frame" | "character"; readonly event: number };

/** What a phone has of an answer, and what it asked for on the way. */
export interface PhoneAnswer {
  readonly status: number;
  readonly body: string;
  readonly connections: number;
}

const CUTS = ["boundary", "boundary", "frame", "character", "before-headers"] as const;

/** Up to ten cuts, drawn. */
export function drawCuts(seed: number): readonly Cut[] {
  const random = seeded(seed * 977 + 5);
  return Array.from({ length: Math.floor(random() * 11) }, () => {
    const kind = CUTS[Math.floor(random() * CUTS.length)] ?? "boundary";
    return kind === "before-headers" ? { kind } : { kind, event: Math.floor(random() * 6) };
  });
}

/** Bytes of `bytes` that a phone still gets, where the cut falls into them; null where it does not. */
function keptOf(cut: Cut, event: number, bytes: Uint8Array): number | null {
  switch (cut.kind) {
    case "before-headers":
      return null;
    case "boundary":
      return event === cut.event ? bytes.length : null;
    case "frame":
      return event === cut.event ? Math.floor(bytes.length / 2) : null;
    case "character": {
      const wide = bytes.findIndex((byte) => byte >= 0xc0);
      return event >= cut.event && wide >= 0 ? wide + 1 : null;
    }
  }
}

/** Reads events until the cut; whole events alone count, as in any EventSource. True where the stream ended by itself. */
async function readUntil(
  response: Response,
  cut: Cut | undefined,
  leave: AbortController,
  take: (text: string, id: string | null) => void,
): Promise<boolean> {
  if (response.body === null) return true;
  const reader = response.body.getReader();
  const scanner = createSseScanner();
  let event = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return true;
    for (const frame of scanner.push(value)) {
      const kept = cut === undefined ? null : keptOf(cut, event, frame.bytes);
      event += 1;
      if (kept === null || kept === frame.bytes.length) {
        const { id } = parseSseFrame(frame);
        take(new TextDecoder().decode(frame.bytes), id);
      }
      if (kept === null) continue;
      leave.abort();
      await reader.cancel().catch(() => undefined);
      return false;
    }
  }
}

/**
 * A phone that loses its connection at each of `cuts` and comes back: with the answer's id where it has one, else by
 * repeating its POST with the same key. Written as an app would be, without this project's client.
 */
export async function askAsPhone(
  send: Send,
  body: string,
  key: string,
  cuts: readonly Cut[],
  wishes: Readonly<Record<string, string>> = {},
): Promise<PhoneAnswer> {
  let text = "";
  let lastId: string | null = null;
  let answer: string | null = null;
  for (let connection = 0; ; connection++) {
    const cut = cuts[connection];
    const leave = new AbortController();
    const place = lastId === null ? {} : { "last-event-id": lastId };
    const asking: Promise<Response> =
      answer === null
        ? send("/v1/chat/completions", {
            method: "POST",
            body,
            signal: leave.signal,
            headers: {
              "content-type": "application/json",
              "idempotency-key": key,
              ...wishes,
              ...place,
            },
          })
        : send(`/v1/answers/${answer}/events`, {
            signal: leave.signal,
            headers: { ...wishes, ...place },
          });
    if (cut?.kind === "before-headers") {
      leave.abort();
      const lost = await asking.catch(() => null);
      await lost?.body?.cancel().catch(() => undefined);
      continue;
    }
    const response: Response = await asking;
    answer ??= response.headers.get("x-qwq-answer");
    const streamed = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (streamed !== true) {
      const rest = await response.text();
      const over = response.status === 204;
      return {
        status: over ? 200 : response.status,
        body: text + rest,
        connections: connection + 1,
      };
    }
    const ended = await readUntil(response, cut, leave, (piece, id) => {
      text += piece;
      lastId = id ?? lastId;
    });
    if (ended) return { status: response.status, body: text, connections: connection + 1 };
  }
}
