/** One event of an answer; its id is its place, counted from 1. */
export interface LogEvent {
  /** The `event:` field; null for "message". */
  readonly name: string | null;
  readonly data: string;
}

/** The events of one answer in their order, bounded, with word when more come. */
export interface AnswerLog {
  readonly events: readonly LogEvent[];
  /** No more will come. */
  readonly ended: boolean;
  /** Characters held, with what events take beside their text. */
  readonly size: number;
  /** Takes an event in; false where it would pass the bound, and then nothing is taken. */
  append(event: LogEvent): boolean;
  /** `last` is taken in whatever the bound. */
  end(last?: LogEvent): void;
  /** Calls `run` once, when something has changed; the result takes that back. */
  onChange(run: () => void): () => void;
}

/** What an event takes beside its text, about: many small ones count too. */
const EVENT_CHARACTERS = 32;

const sizeOf = (event: LogEvent): number => event.data.length + EVENT_CHARACTERS;

/** An empty log, or one of events that were stored. */
export function createAnswerLog(
  maxCharacters: number,
  stored: readonly LogEvent[] = [],
  ended = false,
): AnswerLog {
  const events = [...stored];
  let size = stored.reduce((sum, event) => sum + sizeOf(event), 0);
  let over = ended;
  let waiting = new Set<() => void>();
  const changed = (): void => {
    const told = waiting;
    waiting = new Set();
    for (const run of told) run();
  };
  return {
    events,
    get ended() {
      return over;
    },
    get size() {
      return size;
    },
    append: (event) => {
      if (over || size + sizeOf(event) > maxCharacters) return false;
      events.push(event);
      size += sizeOf(event);
      changed();
      return true;
    },
    end: (last) => {
      if (over) return;
      over = true;
      if (last !== undefined) events.push(last);
      changed();
    },
    onChange: (run) => {
      waiting.add(run);
      return () => waiting.delete(run);
    },
  };
}
