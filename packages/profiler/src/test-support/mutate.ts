/** Numbers from a seed (mulberry32, by Tommy Ettinger, public domain): from 0 to below 1. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What a tool might print that nobody expected. */
const WORDS: readonly string[] = [
  "",
  "\0",
  "\u{1f600}",
  "-1",
  "0",
  "99999999999999999999999999",
  "1e999",
  "NaN",
  "null",
  "[N/A]",
  "</gpu>",
  "<gpu>",
  "<!--",
  "|||||",
  '"',
  "{",
  "[",
  " ".repeat(5000),
  "9".repeat(400),
  "\n\n\n",
  "\t:\t",
  "__proto__",
  " constructor ",
];

/** Texts that are no tool's output at all. */
export const GARBAGE: readonly string[] = [
  "",
  "\0",
  "command not found",
  "<html><body>502</body></html>",
  "{}",
  "[]",
  "null",
  '{"card0": null, "device_list": [null, 1], "gpu_data": {"gpu": []}}',
  "[".repeat(200_000),
  "<gpu>".repeat(200_000),
  "| 0 910B | OK |\n".repeat(50_000),
  "\n".repeat(1_000_000),
  " ".repeat(1_000_000),
  `GPU0:\nx =${" ".repeat(1_000_000)}x`,
  `Agent 1\n${"Size: ".repeat(200_000)}`,
  "9".repeat(1_000_000),
];

/** A text with one to four changes: words put in, pieces cut, doubled, swapped, digits changed, the end lost. */
export function mutate(text: string, random: () => number): string {
  let changed = text;
  const changes = 1 + Math.floor(random() * 4);
  for (let change = 0; change < changes; change++) changed = changeOnce(changed, random);
  return changed.slice(0, 1_000_000);
}

function changeOnce(text: string, random: () => number): string {
  const pick = (limit: number): number => Math.floor(random() * limit);
  const at = pick(text.length + 1);
  const end = Math.min(text.length, at + 1 + pick(200));
  const piece = text.slice(at, end);
  switch (pick(8)) {
    case 0:
      return text.slice(0, at) + (WORDS[pick(WORDS.length)] ?? "") + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(end);
    case 2:
      return text.slice(0, at) + piece.repeat(1 + pick(50)) + text.slice(end);
    case 3:
      return text.slice(0, at);
    case 4:
      return text.replace(/\d+/, () => WORDS[pick(WORDS.length)] ?? "");
    case 5:
      return text.slice(end) + text.slice(0, end);
    case 6:
      return text.slice(0, at) + String.fromCharCode(pick(65_536)) + text.slice(at + 1);
    default:
      return text.replaceAll("\n", pick(2) === 0 ? "\r\n" : "");
  }
}
