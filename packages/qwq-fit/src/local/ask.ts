import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { QwqError } from "@qwq-fit/schema";

/** Asks a person a question that is answered with yes or no. */
export type Ask = (question: string) => Promise<boolean>;

/** Where and how questions are asked. */
export interface AskOptions {
  /** `--yes`: every question is answered so. */
  readonly yes: boolean;
  /** A person sits there. */
  readonly terminal: boolean;
  readonly input: Readable;
  readonly output: Writable;
}

/**
 * {@link Ask} over streams. Without a terminal there is nobody to ask.
 * @throws {QwqError} `usage` on asking nobody, with the question.
 */
export function createAsk({ yes, terminal, input, output }: AskOptions): Ask {
  return async (question) => {
    if (yes) return true;
    if (!terminal) {
      throw new QwqError("usage", `nobody is here to be asked: ${question}`, {
        hint: "Pass --yes to agree, or run it in a terminal.",
      });
    }
    const lines = createInterface({ input, output });
    // Ctrl-C and Ctrl-D close it without an answer.
    const closed = new Promise<string>((resolve) => {
      lines.once("close", () => resolve("no"));
    });
    try {
      const answer = await Promise.race([lines.question(`${question} [Y/n] `), closed]);
      return /^(?:y|yes|)$/iu.test(answer.trim());
    } finally {
      lines.close();
    }
  };
}

/** {@link Ask} of this process: questions go to standard error, so that the answer's stream stays clean. */
export function askPerson(options: { readonly yes?: boolean; readonly json?: boolean }): Ask {
  const terminal = process.stdin.isTTY && process.stderr.isTTY && options.json !== true;
  return createAsk({
    yes: options.yes === true,
    terminal,
    input: process.stdin,
    output: process.stderr,
  });
}
