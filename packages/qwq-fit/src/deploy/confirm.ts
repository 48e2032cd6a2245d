import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { QwqError } from "@qwq-fit/schema";

/** Where and how a word is asked for. */
export interface ConfirmOptions {
  /** `--confirm`: what would be typed. */
  readonly given: string | undefined;
  /** A person sits there. */
  readonly terminal: boolean;
  readonly input: Readable;
  readonly output: Writable;
}

/** Asks a person to type a word; anything else is a no. */
export type Confirm = (question: string, word: string) => Promise<boolean>;

/**
 * {@link Confirm} over streams: what costs money is agreed to by typing its name, not by a key that is hit by chance.
 * @throws {QwqError} `usage` without a terminal and without `--confirm`, or where that names another thing.
 */
export function createConfirm({ given, terminal, input, output }: ConfirmOptions): Confirm {
  return async (question, word) => {
    if (given !== undefined) {
      if (given === word) return true;
      throw new QwqError("usage", `--confirm says ${given}, but this is ${word}`);
    }
    if (!terminal) {
      throw new QwqError("usage", `nobody is here to be asked: ${question}`, {
        hint: `Pass --confirm ${word} to agree, or run it in a terminal.`,
      });
    }
    const lines = createInterface({ input, output });
    const closed = new Promise<string>((resolve) => {
      lines.once("close", () => resolve(""));
    });
    try {
      const answer = await Promise.race([
        lines.question(`${question}\nType ${word} to agree: `),
        closed,
      ]);
      return answer.trim() === word;
    } finally {
      lines.close();
    }
  };
}

/** {@link Confirm} of this process. */
export function confirmHere(given: string | undefined, json: boolean): Confirm {
  const terminal = process.stdin.isTTY && process.stderr.isTTY && !json;
  return createConfirm({ given, terminal, input: process.stdin, output: process.stderr });
}
