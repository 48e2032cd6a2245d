import { HttpRefusal } from "../api/http-error.ts";
import type { Thinking } from "./low-data.ts";
import type { ViewWishes } from "./view.ts";

/** Window for tokens in low-data mode: four updates a second read as fluent, at a tenth of the bytes. */
const LOW_DATA_MS = 250;
const LONGEST_WINDOW_MS = 60_000;
const THINKING: readonly Thinking[] = ["full", "progress", "none"];

/** What a request asks of how its answer is kept and told, by headers. */
export interface AnswerWishes {
  readonly resumable: boolean;
  readonly key: string | null;
  readonly lowData: boolean;
  readonly view: ViewWishes;
}

const refuse = (param: string, message: string): never => {
  throw new HttpRefusal("invalid_value", message, { param });
};

function onOff(headers: Headers, name: string): boolean | null {
  const text = headers.get(name);
  if (text === null) return null;
  return text === "on" || text === "off" ? text === "on" : refuse(name, "must be on or off");
}

function numberOf(headers: Headers, name: string, most: number): number | null {
  const text = headers.get(name);
  if (text === null) return null;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Infinity;
  return value <= most ? value : refuse(name, `must be a whole number up to ${most}`);
}

/**
 * Reads `x-qwq-resumable`, `idempotency-key`, `last-event-id`, `x-qwq-low-data` (or the browser's own `save-data`),
 * `x-qwq-coalesce-ms` and `x-qwq-thinking`.
 * @throws HttpRefusal `invalid_value`
 */
export function readAnswerWishes(headers: Headers): AnswerWishes {
  const key = headers.get("idempotency-key");
  if (key !== null && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    refuse("idempotency-key", "must be 1 to 255 visible ASCII characters");
  }
  const lowData = onOff(headers, "x-qwq-low-data") ?? headers.get("save-data") === "on";
  const asked = headers.get("x-qwq-thinking");
  const thinking = asked === null ? undefined : THINKING.find((one) => one === asked);
  if (asked !== null && thinking === undefined) {
    refuse("x-qwq-thinking", `must be one of ${THINKING.join(", ")}`);
  }
  const windowMs = numberOf(headers, "x-qwq-coalesce-ms", LONGEST_WINDOW_MS);
  return {
    resumable: onOff(headers, "x-qwq-resumable") ?? false,
    key,
    lowData: lowData || thinking !== undefined || windowMs !== null,
    view: {
      after: numberOf(headers, "last-event-id", Number.MAX_SAFE_INTEGER) ?? 0,
      coalesceMs: windowMs ?? (lowData ? LOW_DATA_MS : 0),
      thinking: thinking ?? (lowData ? "progress" : "full"),
    },
  };
}
