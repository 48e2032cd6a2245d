import type { CommandIo } from "../command-io.ts";

/** Tells what a long-lived command does: to a program one JSON object a line, to a person text. */
export interface Teller {
  /** One event; `text` is what a person is told of it on standard error, null for nothing. */
  event(name: string, fields: object, text: string | null): void;
  /** A line that stands until the next one: how far something is. */
  progress(name: string, fields: object, text: string): void;
  /** Takes an unfinished progress line off the terminal. */
  clear(): void;
}

const CLEAR_LINE = "\r\u001B[K";
/** A program is told progress this often, ms; a log without a terminal as seldom as a person would look. */
const EVERY_MS = { json: 500, terminal: 100, log: 10_000 } as const;

/** {@link Teller} over the command's streams. */
export function createTeller(json: boolean, io: CommandIo, now: () => number = Date.now): Teller {
  const onTerminal = io.errorColumns !== null;
  const everyMs = json ? EVERY_MS.json : onTerminal ? EVERY_MS.terminal : EVERY_MS.log;
  let last = Number.NEGATIVE_INFINITY;
  let unfinished = false;
  const clear = (): void => {
    if (unfinished) io.note(CLEAR_LINE);
    unfinished = false;
  };
  const write = (event: string, fields: object): void =>
    io.out(`${JSON.stringify({ event, ...fields })}\n`);
  return {
    clear,
    event: (name, fields, text) => {
      clear();
      last = Number.NEGATIVE_INFINITY;
      if (json) write(name, fields);
      else if (text !== null) io.note(`${text}\n`);
    },
    progress: (name, fields, text) => {
      if (now() - last < everyMs) return;
      last = now();
      if (json) write(name, fields);
      else if (onTerminal) {
        io.note(`${CLEAR_LINE}${text}`);
        unfinished = true;
      } else io.note(`${text}\n`);
    },
  };
}
