/** JSON with comments and trailing commas, as wrangler.jsonc is written. @throws SyntaxError */
export function parseJsonc(text: string): unknown {
  const plain = text.replaceAll(
    /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//gu,
    (_, string: string | undefined) => string ?? "",
  );
  const strict = plain.replaceAll(
    /("(?:[^"\\]|\\.)*")|,(?=\s*[\]}])/gu,
    (_, string: string | undefined) => string ?? "",
  );
  return JSON.parse(strict);
}
