import type { CommandIo } from "../command-io.ts";

/** Work that takes less is not worth a word. */
const QUIET_MS = 1000;
const CLEAR_LINE = "\r\u001B[K";

/** Says on standard error what is being waited for; the function that comes back takes it off a terminal again. */
export function announce(text: string, io: CommandIo): () => void {
  const onTerminal = io.errorColumns !== null;
  io.note(onTerminal ? `${text} …` : `${text} …\n`);
  return () => {
    if (onTerminal) io.note(CLEAR_LINE);
  };
}

/** Waits for `work`; after a second it says what it is waiting for. */
export async function withProgress<T>(text: string, work: Promise<T>, io: CommandIo): Promise<T> {
  const said: (() => void)[] = [];
  const timer = setTimeout(() => {
    said.push(announce(text, io));
  }, QUIET_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    for (const clear of said) clear();
  }
}
