import type { ChatTool } from "../chat/request.ts";
import { parseJson } from "../json.ts";
import { findTag, heldForTags, trailingSpace } from "../text-tags.ts";
import { createBraceCounter } from "./brace-counter.ts";
import { parseCallJson, parseToolCall } from "./parse.ts";
import type { ParsedCall } from "./parse.ts";

/** A piece of an answer: text for the reader, or a call. */
export type ToolPart =
  | { readonly kind: "text"; readonly text: string }
  /** A call; where its arguments are written as they come, they are empty here and follow as pieces. */
  | ({ readonly kind: "call" } & ParsedCall)
  /** The next piece of the last call's arguments. */
  | { readonly kind: "arguments"; readonly text: string };

export interface ToolParserOptions {
  readonly openTag?: string;
  readonly closeTag?: string;
  /** The answer may be a call as bare JSON, without tags (Llama 3.1). */
  readonly bareJson?: boolean;
  readonly tools?: readonly ChatTool[];
  /** Longest call in characters; a longer one is given out as text. */
  readonly maxCallCharacters?: number;
}

/**
 * Finds the calls in an answer as it comes. The arguments of a call that names its function first (as Hermes and Qwen
 * write it) are given out as they come, any other call when it is whole.
 */
export interface ToolParser {
  push(text: string): ToolPart[];
  end(): ToolPart[];
}

/** A call up to its arguments, where the name comes first and the arguments are an object. */
const HEAD =
  /^\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"(?:arguments|parameters)"\s*:\s*(?=\{)/;
const PYTHON_TAG = "<|python_tag|>";
/** Bounds what is held back for a call that never ends. */
const MAX_CALL_CHARACTERS = 1024 * 1024;

/**
 * A parser for answers without thought. Text that looks like a call and is none comes out as text,
 * unchanged; white space between calls is dropped.
 */
export function createToolParser(options: ToolParserOptions = {}): ToolParser {
  const openTag = options.openTag ?? "<tool_call>";
  const closeTag = options.closeTag ?? "</tool_call>";
  const limit = options.maxCallCharacters ?? MAX_CALL_CHARACTERS;
  const tools = options.tools ?? [];
  // Qwen3-Coder forgets the outer tag now and then.
  const opens = [openTag, "<function=", ...(options.bareJson ? [PYTHON_TAG] : [])];
  let place: "start" | "text" | "call" | "arguments" | "behind" | "json" = options.bareJson
    ? "start"
    : "text";
  let braces = createBraceCounter();
  let buffer = "";
  /** The opening tag of the call that is being read. */
  let opened = "";
  let called = false;

  function step(last: boolean, parts: ToolPart[]): boolean {
    if (place === "start") return start(last);
    if (place === "json") return bareJson(last, parts);
    if (place === "arguments") return writeArguments(parts);
    if (place === "behind") return behind(last);
    return place === "call" ? call(last, parts) : text(last, parts);
  }

  /** The call's arguments up to their last brace. */
  function writeArguments(parts: ToolPart[]): boolean {
    const length = braces.push(buffer);
    const ended = length !== null;
    const piece = ended ? buffer.slice(0, length) : buffer;
    if (piece !== "") parts.push({ kind: "arguments", text: piece });
    buffer = buffer.slice(piece.length);
    if (ended) place = "behind";
    return ended;
  }

  /** Behind the arguments: the call's own brace, and the closing tag or one more call. */
  function behind(last: boolean): boolean {
    buffer = buffer.replace(/^[\s}]+/, "");
    if (!last && closeTag.startsWith(buffer)) return false;
    if (buffer.startsWith(closeTag)) {
      buffer = buffer.slice(closeTag.length);
      place = "text";
    } else place = buffer.startsWith("{") ? "call" : "text";
    return true;
  }

  function start(last: boolean): boolean {
    const head = buffer.trimStart();
    if (head === "" && !last) return false;
    place = head.startsWith("{") || head.startsWith("[") ? "json" : "text";
    return true;
  }

  /** Bare JSON is only known to be a call, and not an answer in JSON, when it is whole. */
  function bareJson(last: boolean, parts: ToolPart[]): boolean {
    if (!last && buffer.length <= limit) return false;
    const calls = last ? (parseCallJson(buffer) ?? separated(buffer)) : null;
    if (calls === null) give(parts, buffer);
    else giveCalls(parts, calls);
    buffer = "";
    place = "text";
    return false;
  }

  function text(last: boolean, parts: ToolPart[]): boolean {
    const found = findTag(buffer, opens);
    if (found !== null) {
      const before = buffer.slice(0, found.at).trimEnd();
      give(parts, before);
      opened = buffer.slice(before.length, found.at) + found.tag;
      buffer = buffer.slice(found.at + (found.tag === "<function=" ? 0 : found.tag.length));
      if (found.tag === "<function=") opened = opened.slice(0, -found.tag.length);
      place = "call";
      return true;
    }
    let held = last ? 0 : heldForTags(buffer, opens);
    held += last ? 0 : trailingSpace(buffer.slice(0, buffer.length - held));
    give(parts, buffer.slice(0, buffer.length - held));
    buffer = buffer.slice(buffer.length - held);
    return false;
  }

  function call(last: boolean, parts: ToolPart[]): boolean {
    const head = opened.endsWith(openTag) ? HEAD.exec(buffer) : null;
    const name: unknown = head === null ? undefined : parseJson(head[1] ?? "");
    if (head !== null && typeof name === "string") {
      giveCalls(parts, [{ name, arguments: "" }]);
      buffer = buffer.slice(head[0].length);
      braces = createBraceCounter();
      place = "arguments";
      return true;
    }
    const ends = opened.endsWith(PYTHON_TAG)
      ? []
      : buffer.startsWith("<function=") && !opened.endsWith(openTag)
        ? ["</function>"]
        : [closeTag];
    const found = findTag(buffer, ends);
    if (found === null && !last && buffer.length <= limit) return false;
    // A closing tag may stand inside an argument: the first one that ends a call counts.
    for (let at = found; at !== null; at = findTag(buffer, ends, at.at + 1)) {
      const inside = buffer.slice(0, at.at);
      const calls = parseToolCall(inside, tools);
      if (calls === null && buffer.length <= limit && !last) continue;
      if (calls === null) break;
      giveCalls(parts, calls);
      buffer = buffer.slice(at.at + at.tag.length);
      place = "text";
      return true;
    }
    if (found !== null && !last && buffer.length <= limit) return false;
    const rest = last ? parseToolCall(buffer, tools) : null;
    if (rest === null) give(parts, opened + buffer);
    else giveCalls(parts, rest);
    buffer = "";
    place = "text";
    return false;
  }

  function give(parts: ToolPart[], out: string): void {
    if (out === "" || (called && out.trim() === "")) return;
    parts.push({ kind: "text", text: out });
  }

  function giveCalls(parts: ToolPart[], calls: readonly ParsedCall[]): void {
    called = true;
    for (const one of calls) parts.push({ kind: "call", ...one });
  }

  function run(more: string, last: boolean): ToolPart[] {
    buffer += more;
    const parts: ToolPart[] = [];
    while (step(last, parts));
    return parts;
  }

  return { push: (more) => run(more, false), end: () => run("", true) };
}

/** Llama's `{…}; {…}`. */
function separated(text: string): readonly ParsedCall[] | null {
  const pieces = text.split(/;\s*(?=\{)/);
  if (pieces.length < 2 || pieces.some((piece) => parseJson(piece) === undefined)) return null;
  const calls = pieces.map(parseCallJson);
  return calls.every((call) => call !== null) ? calls.flat() : null;
}
