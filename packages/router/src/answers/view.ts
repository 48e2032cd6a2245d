import { encodeSse, encodeSseComment } from "@qwq-fit/wire";
import type { RouterPorts } from "../ports.ts";
import type { AnswerLog } from "./log.ts";
import { countThoughts, joinEvents, type SeenEvent, type Thinking } from "./low-data.ts";

/** How one reader wants to see an answer; plain JSON. */
export interface ViewWishes {
  /** Id of the last event that the reader has; 0 for none. */
  readonly after: number;
  /** Tokens that come within this are told in one event; 0 for each as it comes. */
  readonly coalesceMs: number;
  readonly thinking: Thinking;
}

/** Everything as it comes. */
export const FULL_VIEW: ViewWishes = { after: 0, coalesceMs: 0, thinking: "full" };

type Ports = Pick<RouterPorts, "monotonic" | "timer">;

/** A silent stream is a dead one to most proxies after a minute; disconnects need not be noticed soon. */
const PING_MS = 15_000;
/** Events that are told in one piece before the reader must ask for more. */
const MOST_EVENTS = 512;

const encoder = new TextEncoder();

/** What stands in a log behind `after`, as the reader wants it; `after` moves on. */
interface Cursor {
  take(): string;
  readonly behind: boolean;
  readonly atEnd: boolean;
}

function createCursor(log: AnswerLog, wishes: ViewWishes): Cursor {
  let after = wishes.after;
  let thoughts = wishes.thinking === "progress" ? countThoughts(log.events, after) : 0;
  const plain = wishes.coalesceMs === 0 && wishes.thinking === "full";
  return {
    get behind() {
      return after < log.events.length;
    },
    get atEnd() {
      return log.ended && after >= log.events.length;
    },
    take: () => {
      const raw: readonly SeenEvent[] = log.events
        .slice(after, after + MOST_EVENTS)
        .map((event, i) => ({ ...event, id: after + i + 1 }));
      after += raw.length;
      if (plain) return raw.map(encode).join("");
      const joined = joinEvents(raw, wishes.thinking, thoughts);
      ({ thoughts } = joined);
      return joined.events.map(encode).join("");
    },
  };
}

const encode = ({ id, name, data }: SeenEvent): string =>
  encodeSse({ id: String(id), data, ...(name === null ? {} : { event: name }) });

/**
 * An answer as a stream of events: what stands in the log, then what comes, to its end. Nothing is made that is
 * not asked for, so a reader that went away costs nothing. `receipt` is told as the last comment; `onCancel` when
 * the reader leaves before that.
 */
export function followLog(
  log: AnswerLog,
  wishes: ViewWishes,
  receipt: () => string | null,
  ports: Ports,
  onCancel: () => void = () => undefined,
): ReadableStream<Uint8Array> {
  const cursor = createCursor(log, wishes);
  let sentMs = -Infinity;
  let wake: (() => void) | null = null;
  let left = false;

  /** Resolves when something came, at the latest after `ms`. `hold` waits the whole time while the answer runs. */
  const pause = (ms: number, hold: boolean): Promise<void> =>
    new Promise((resolve) => {
      const listening: (() => void)[] = [];
      const settle = (): void => {
        for (const unlisten of listening) unlisten();
        cancelTimer();
        wake = null;
        resolve();
      };
      const cancelTimer = ports.timer(ms, settle);
      const listen = (): void => {
        listening[0] = log.onChange(() => (hold && !log.ended ? listen() : settle()));
      };
      wake = settle;
      listen();
    });

  const next = async (): Promise<string | null> => {
    for (;;) {
      if (left) return null;
      const waitMs = sentMs + wishes.coalesceMs - ports.monotonic();
      if (waitMs > 0 && !log.ended) {
        await pause(waitMs, true);
        continue;
      }
      const text = cursor.take();
      if (text !== "") return text;
      if (cursor.behind) continue;
      if (cursor.atEnd) return null;
      const startedMs = ports.monotonic();
      const before = log.events.length;
      await pause(PING_MS, false);
      const idle = log.events.length === before && !log.ended;
      if (idle && ports.monotonic() - startedMs >= PING_MS) return encodeSseComment("ping");
    }
  };

  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const text = await next();
        if (left) return;
        sentMs = ports.monotonic();
        if (text !== null) {
          controller.enqueue(encoder.encode(text));
          return;
        }
        const told = receipt();
        if (told !== null) controller.enqueue(encoder.encode(encodeSseComment(`receipt ${told}`)));
        controller.close();
      },
      cancel: () => {
        left = true;
        wake?.();
        onCancel();
      },
    },
    { highWaterMark: 0 },
  );
}
