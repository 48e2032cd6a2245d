/**
 * GPT-2's table between bytes and the printable characters that byte-level vocabularies are written in
 * (llama.cpp v0.5.0 src/unicode.cpp, unicode_byte_to_utf8_map).
 */
export function byteLevelTable(): ReadonlyMap<string, number> {
  const table = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    table.set(String.fromCharCode(printable ? byte : next), byte);
    if (!printable) next++;
  }
  return table;
}

/** The bytes of a token that is written in that table; a character that is not in it stands for itself. */
export function byteLevelBytes(text: string, table: ReadonlyMap<string, number>): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const byte = table.get(character);
    if (byte === undefined) bytes.push(...new TextEncoder().encode(character));
    else bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
