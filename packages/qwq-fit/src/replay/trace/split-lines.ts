/** One line of a file, or the size of one that is too long to be read. */
export type Line =
  | { readonly number: number; readonly text: string; readonly bytes: number }
  | { readonly number: number; readonly text: null; readonly bytes: number };

const NEWLINE = 10;
const RETURN = 13;
/** A line of a trace has some hundred bytes; logs with texts in them some 100 kB. */
export const LONGEST_LINE_BYTES: number = 4 * 1024 * 1024;

/**
 * The lines of a stream of bytes: LF or CRLF, a byte order mark dropped, the last one without an end too. A line above
 * the limit is passed over in bounded memory and told by its size.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  longest: number = LONGEST_LINE_BYTES,
): AsyncGenerator<readonly Line[]> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  let number = 0;
  const finish = (last: Buffer): Line => {
    number++;
    const size = bytes + last.length;
    const whole = size > longest ? null : bytes === 0 ? last : Buffer.concat([...pieces, last]);
    pieces = [];
    bytes = 0;
    if (whole === null) return { number, text: null, bytes: size };
    const end = whole.at(-1) === RETURN ? whole.length - 1 : whole.length;
    const text = whole.toString("utf8", 0, end);
    return { number, text: number === 1 ? text.replace(/^\uFEFF/u, "") : text, bytes: size };
  };
  for await (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: Line[] = [];
    let from = 0;
    for (;;) {
      const at = buffer.indexOf(NEWLINE, from);
      if (at < 0) break;
      lines.push(finish(buffer.subarray(from, at)));
      from = at + 1;
    }
    const rest = buffer.subarray(from);
    // What is longer than any line is counted and not kept.
    if (rest.length > 0 && bytes <= longest) pieces.push(Buffer.from(rest));
    bytes += rest.length;
    if (bytes > longest) pieces = [];
    if (lines.length > 0) yield lines;
  }
  if (bytes > 0) yield [finish(Buffer.alloc(0))];
}
