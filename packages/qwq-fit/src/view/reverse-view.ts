import type { Comparison } from "@qwq-fit/schema";
import type { Text } from "../text/text.ts";
import { short, usd } from "./numbers.ts";
import { drawTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** A longer list is in `--json`. */
const MOST = 25;

/** Machines that are fast enough, cheapest first; those whose price nobody knows come last. */
export function drawReverse(
  { cases }: Comparison,
  tokensPerSecond: number,
  text: Text,
  terminal: Terminal,
): string {
  const [first] = cases;
  if (first === undefined) return `${text.noMachine(short(tokensPerSecond))}\n`;
  const { columns } = text;
  const rows = cases
    .slice(0, MOST)
    .map(({ hardware, choice, priceUsd }) => [
      hardware,
      choice === null ? "–" : short(choice.decodeTokensPerSecond.expected),
      priceUsd === null ? "–" : usd(priceUsd.value),
    ]);
  const head = [columns.machine, columns.speed, columns.price];
  const more = cases.length > MOST ? `${text.more(cases.length - MOST)}\n` : "";
  const title = text.machinesFor(first.model, short(tokensPerSecond));
  return `${title}\n\n${drawTable(head, rows, terminal)}${more}`;
}
