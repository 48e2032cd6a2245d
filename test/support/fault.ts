/** A fault of a scripted node. `at` counts tokens that were sent well before it. */
export type Fault =
  | { readonly kind: "none" }
  // before the first token
  | { readonly kind: "refuse-connection" }
  | { readonly kind: "reset-on-request" }
  | { readonly kind: "silence" }
  | { readonly kind: "silence-after-headers" }
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string }
  | { readonly kind: "garbage-200" }
  | { readonly kind: "error-in-200" }
  | { readonly kind: "empty-stream" }
  | { readonly kind: "role-then-end" }
  | { readonly kind: "error-event-first" }
  | { readonly kind: "bad-http" }
  // after it
  | { readonly kind: "cut-between-events"; readonly at: number }
  | { readonly kind: "cut-inside-event"; readonly at: number }
  | { readonly kind: "cut-inside-character"; readonly at: number }
  | { readonly kind: "reset"; readonly at: number }
  | { readonly kind: "clean-end-without-finish"; readonly at: number }
  | { readonly kind: "done-without-finish"; readonly at: number }
  | { readonly kind: "finish-without-done" }
  | { readonly kind: "stall"; readonly at: number }
  | { readonly kind: "error-event"; readonly at: number }
  | { readonly kind: "malformed-event"; readonly at: number }
  | { readonly kind: "html-inside"; readonly at: number }
  | { readonly kind: "bad-chunk-size"; readonly at: number };

/** How well-formed streams differ; none of it is a fault. */
export interface Manner {
  readonly lineEnd: "\n" | "\r\n" | "\r";
  readonly comments: boolean;
  readonly noLastNewline: boolean;
  readonly afterDone: boolean;
  /** Bytes a write; 0 for an event a write. */
  readonly writeBytes: number;
}

/** Every kind of fault, for tables. */
export const FAULT_KINDS: readonly Fault["kind"][] = [
  "none",
  "refuse-connection",
  "reset-on-request",
  "silence",
  "silence-after-headers",
  "status",
  "garbage-200",
  "error-in-200",
  "empty-stream",
  "role-then-end",
  "error-event-first",
  "bad-http",
  "cut-between-events",
  "cut-inside-event",
  "cut-inside-character",
  "reset",
  "clean-end-without-finish",
  "done-without-finish",
  "finish-without-done",
  "stall",
  "error-event",
  "malformed-event",
  "html-inside",
  "bad-chunk-size",
];

/** A number in [0, 1) from a seed; the same seed gives the same row (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A fault of this kind, its place drawn. */
export function drawFault(kind: Fault["kind"], tokens: number, random: () => number): Fault {
  const at = Math.floor(random() * tokens);
  switch (kind) {
    case "status": {
      const status = [429, 500, 502, 503, 401, 403, 404, 408][Math.floor(random() * 8)] ?? 500;
      return random() < 0.5 ? { kind, status } : { kind, status, retryAfter: "1" };
    }
    case "none":
    case "refuse-connection":
    case "reset-on-request":
    case "silence":
    case "silence-after-headers":
    case "garbage-200":
    case "error-in-200":
    case "empty-stream":
    case "role-then-end":
    case "error-event-first":
    case "bad-http":
    case "finish-without-done":
      return { kind };
    case "cut-between-events":
    case "cut-inside-event":
    case "cut-inside-character":
    case "reset":
    case "clean-end-without-finish":
    case "done-without-finish":
    case "stall":
    case "error-event":
    case "malformed-event":
    case "html-inside":
    case "bad-chunk-size":
      return { kind, at };
  }
}

/** A manner, drawn. */
export function drawManner(random: () => number): Manner {
  const ends = ["\n", "\r\n", "\r"] as const;
  return {
    lineEnd: ends[Math.floor(random() * 3)] ?? "\n",
    comments: random() < 0.3,
    noLastNewline: random() < 0.2,
    afterDone: random() < 0.2,
    writeBytes: random() < 0.5 ? 0 : 1 + Math.floor(random() * 40),
  };
}
