import { InvalidArgumentError } from "commander";
import { near } from "../near.ts";

/** Tokens, threads, layers: no machine of today comes near. */
const MOST = 100_000_000;

/** A parser of whole numbers from `least` to `most`; "16k" is 16,384. */
export function wholeNumber(least: number, most: number = MOST): (text: string) => number {
  return (text) => {
    const found = /^(\d{1,12})(k?)$/iu.exec(text.trim());
    const value = found === null ? Number.NaN : Number(found[1]) * (found[2] === "" ? 1 : 1024);
    if (Number.isNaN(value)) throw new InvalidArgumentError("It must be a whole number.");
    if (value < least) throw new InvalidArgumentError(`It must be at least ${least}.`);
    if (value > most) throw new InvalidArgumentError(`It must be at most ${most}.`);
    return value;
  };
}

/** A parser of one word of a list, in any case; a wrong one is told the near one. */
export function oneOf<T extends string>(...words: readonly T[]): (text: string) => T {
  return (text) => {
    const found = words.find((word) => word.toLowerCase() === text.toLowerCase());
    if (found !== undefined) return found;
    const [likely] = near(text, words, 1);
    throw new InvalidArgumentError(
      likely === undefined ? `Known are ${words.join(", ")}.` : `Did you mean ${likely}?`,
    );
  };
}

/** "on" and "off". */
export function onOff(text: string): boolean {
  return oneOf("on", "off")(text) === "on";
}
