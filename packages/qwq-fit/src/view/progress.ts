import type { CommandIo } from "../command-io.ts";

/** Work that takes less is not worth a word. */
const QUIET_MS = 1000;

/** Waits for `work`; after a second it says on a terminal's standard error what it is waiting for. */
export async function withProgress<T>(text: string, work: Promise<T>, io: CommandIo): Promise<T> {
  const clear = "\r\u001B[K";
  let said = false;
  const timer = setTimeout(() => {
    said = true;
    io.note(io.errorColumns === null ? `${text} …\n` : `${text} …`);
  }, QUIET_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    if (said && io.errorColumns !== null) io.note(clear);
  }
}
