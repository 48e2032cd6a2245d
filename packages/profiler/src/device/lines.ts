/** No file or tool that is read here has more lines, */
const MAX_LINES = 200_000;
/** or a longer one: /proc/cpuinfo's flags take about 2,500 characters, a mount of many layers some thousands. */
const MAX_LINE_CHARACTERS = 16_384;

/** The lines of a text, bounded in number and length, without carriage returns at their ends. */
export function linesOf(text: string): readonly string[] {
  return text
    .split("\n", MAX_LINES)
    .map((line) => line.slice(0, MAX_LINE_CHARACTERS).replace(/\r$/, ""));
}
