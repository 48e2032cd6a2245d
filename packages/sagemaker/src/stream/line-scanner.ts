/** Finds lines in bytes, however they were cut; a line is decoded by whoever takes it whole. */
export interface LineScanner {
  /** Lines that ended in these bytes, without their ends; empty ones are left out. */
  push(bytes: Uint8Array): Uint8Array[];
  /** What is left without an end, or null. */
  end(): Uint8Array | null;
}

const LF = 10;
const CR = 13;

/**
 * A scanner for LF, CRLF and CR.
 * @throws {RangeError} for a line past the limit
 */
export function createLineScanner(limitBytes: number): LineScanner {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const hold = (part: Uint8Array): void => {
    if (part.length === 0) return;
    heldBytes += part.length;
    if (heldBytes > limitBytes) throw new RangeError("a line is too long");
    held.push(part);
  };
  const take = (): Uint8Array | null => {
    if (heldBytes === 0) return null;
    const line = new Uint8Array(heldBytes);
    let at = 0;
    for (const part of held) {
      line.set(part, at);
      at += part.length;
    }
    held = [];
    heldBytes = 0;
    return line;
  };
  return {
    push: (bytes) => {
      const lines: Uint8Array[] = [];
      let start = 0;
      for (let index = 0; index < bytes.length; index += 1) {
        const byte = bytes[index];
        if (byte !== LF && byte !== CR) continue;
        hold(bytes.slice(start, index));
        start = index + 1;
        const line = take();
        if (line !== null) lines.push(line);
      }
      hold(bytes.slice(start));
      return lines;
    },
    end: take,
  };
}
