import { type Command, InvalidArgumentError } from "commander";
import { addCheckOptions, type CheckOptions } from "./command-options.ts";

/** Options of `cost`. */
export interface CostOptions extends CheckOptions {
  readonly answersPerDay: number;
  readonly years: number;
  readonly hardwarePrice?: number;
  readonly electricity?: number;
  readonly watts?: number;
}

/** A parser of amounts above `least`. */
const amount =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value) || value < least || value > 1e9) {
      throw new InvalidArgumentError(`It must be a number of at least ${least}.`);
    }
    return value;
  };

/** Adds them. */
export function addCostOptions(command: Command): Command {
  return addCheckOptions(command)
    .option("--answers-per-day <n>", "answers with thinking", amount(0.01), 100)
    .option("--years <n>", "years over which the machine is paid", amount(0.1), 3)
    .option("--hardware-price <usd>", "what the machine costs", amount(0))
    .option("--electricity <usd>", "price of a kWh", amount(0))
    .option("--watts <n>", "power under load", amount(0));
}
