/** One element of a simple XML document: text and children, attributes only where a caller asks. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
  /** False where the document ended inside it. */
  readonly closed: boolean;
}

interface OpenElement {
  readonly name: string;
  readonly attributes: string;
  readonly children: XmlElement[];
  text: string;
}

const MAX_DEPTH = 64;
const MAX_ELEMENTS = 500_000;

/**
 * Reads as much of a document as there is, in one pass: prologue, comments and stray closing tags are passed over, an
 * element that never ends is marked. Knows elements, text and the five named entities: what `nvidia-smi -x` prints.
 */
export function parseXml(text: string): XmlElement {
  const root: OpenElement = { name: "", attributes: "", children: [], text: "" };
  const open: OpenElement[] = [root];
  let at = 0;
  let count = 0;
  while (at < text.length && count < MAX_ELEMENTS) {
    const tag = text.indexOf("<", at);
    const top = open.at(-1) ?? root;
    top.text += text.slice(at, tag < 0 ? text.length : tag);
    if (tag < 0) break;
    if (text.startsWith("<!--", tag)) {
      at = after(text, "-->", tag);
      continue;
    }
    const end = text.indexOf(">", tag);
    if (end < 0) break;
    const inside = text.slice(tag + 1, end);
    at = end + 1;
    if (inside.startsWith("?") || inside.startsWith("!")) continue;
    if (inside.startsWith("/")) closeElement(open, inside.slice(1).trim());
    else {
      count++;
      const [name = "", ...attributes] = inside.replace(/\/$/, "").trim().split(/\s+/);
      const element = { name, attributes: attributes.join(" "), children: [], text: "" };
      if (inside.endsWith("/") || open.length > MAX_DEPTH) top.children.push(finish(element, true));
      else open.push(element);
    }
  }
  while (open.length > 1) fold(open, false);
  return finish(root, true);
}

/** The first child of that name at the end of a path of names. */
export function findElement(element: XmlElement, ...path: readonly string[]): XmlElement | null {
  let found: XmlElement | null = element;
  for (const name of path) {
    found = found?.children.find((child) => child.name === name) ?? null;
  }
  return found;
}

/** Text at the end of a path; null where it is missing, empty, or one of the tool's words for "not told". */
export function textAt(element: XmlElement, ...path: readonly string[]): string | null {
  const text = findElement(element, ...path)?.text ?? "";
  return /^(?:|\[?N\/A\]?|\[?Not Supported\]?|Unknown Error|None)$/i.test(text) ? null : text;
}

function after(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at + mark.length;
}

function closeElement(open: OpenElement[], name: string): void {
  const depth = open.findLastIndex((element, index) => index > 0 && element.name === name);
  if (depth < 0) return;
  while (open.length - 1 > depth) fold(open, false);
  fold(open, true);
}

function fold(open: OpenElement[], closed: boolean): void {
  const element = open.pop();
  if (element !== undefined) open.at(-1)?.children.push(finish(element, closed));
}

function finish(element: OpenElement, closed: boolean): XmlElement {
  return { ...element, text: decode(element.text.trim()), closed };
}

function decode(text: string): string {
  if (!text.includes("&")) return text;
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
