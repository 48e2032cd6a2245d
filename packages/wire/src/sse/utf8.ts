/** Decodes UTF-8; where the host has no `TextDecoder` (React Native without Expo) by way of percent codes. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (typeof TextDecoder !== "undefined") {
    decoder ??= new TextDecoder();
    return decoder.decode(bytes);
  }
  let codes = "";
  for (const byte of bytes) codes += `%${byte < 16 ? "0" : ""}${byte.toString(16)}`;
  try {
    return decodeURIComponent(codes);
  } catch {
    return "\uFFFD";
  }
}

/** One for all: it keeps nothing from one call to the next. */
let decoder: { decode(bytes: Uint8Array): string } | undefined;
