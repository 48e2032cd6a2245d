/** The command's rim: what it writes to and what it reads of its process. Handed in, so that tests need no process. */
export interface CommandIo {
  /** The answer: standard output. */
  readonly out: (text: string) => void;
  /** Progress, warnings and errors: standard error. */
  readonly note: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Width of the terminal, or null where the output is none. */
  readonly columns: number | null;
  readonly errorColumns: number | null;
}

function leaveWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(process.exitCode ?? 0);
}

/** {@link CommandIo} of this process. A reader that went away (`| head`) ends it quietly. */
export function processIo(): CommandIo {
  process.stdout.on("error", leaveWithReader);
  process.stderr.on("error", leaveWithReader);
  return {
    out: (text) => void process.stdout.write(text),
    note: (text) => void process.stderr.write(text),
    environment: process.env,
    columns: process.stdout.isTTY ? process.stdout.columns : null,
    errorColumns: process.stderr.isTTY ? process.stderr.columns : null,
  };
}
