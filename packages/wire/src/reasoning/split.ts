import { findTag, heldForTags, trailingSpace } from "../text-tags.ts";

/** A piece of an answer, without tags. */
export interface ReasoningPart {
  readonly channel: "reasoning" | "content";
  readonly text: string;
}

export interface ReasoningSplitterOptions {
  /**
   * Where the text starts: "thought" where the prompt ends in an open tag (QwQ, R1), "content" where
   * a thought would open with a tag, "unknown" where nobody can tell. Default "content".
   */
  readonly start?: "content" | "thought" | "unknown";
  /**
   * The text goes on with one that was given out before: nothing at its start is dropped, and no
   * thought opens in its content.
   */
  readonly continues?: boolean;
  readonly openTag?: string;
  readonly closeTag?: string;
  /** Tags that end a thought without its closing tag, at the start of a line. Default `<tool_call>`. */
  readonly toolTags?: readonly string[];
  /** With "unknown": how much text is held back for a closing tag before it is taken for content. */
  readonly holdCharacters?: number;
}

/** Splits the text of a model into thought and answer as it comes. */
export interface ReasoningSplitter {
  push(text: string): ReasoningPart[];
  /** What was held back. */
  end(): ReasoningPart[];
  /** True where the text so far ends in a thought: at a length limit there is no answer. */
  readonly insideThought: boolean;
}

export const OPEN_TAG = "<think>";
export const CLOSE_TAG = "</think>";
export const TOOL_TAG = "<tool_call>";
/** About 16,000 tokens: the longest thought that is waited for when nobody knows whether it is one. */
const HOLD_CHARACTERS = 65_536;

/**
 * A splitter that gives the same text per channel however its input was cut.
 *
 * Line breaks around the tags go with them. An opening tag counts only before any answer, so an answer may
 * quote it; a second one at the start of a thought is dropped. A thought that is not closed before a
 * tool call at the start of a line is closed there (Qwen 3.5 leaves the tag out).
 */
export function createReasoningSplitter(options: ReasoningSplitterOptions = {}): ReasoningSplitter {
  const openTag = options.openTag ?? OPEN_TAG;
  const closeTag = options.closeTag ?? CLOSE_TAG;
  const toolTags = options.toolTags ?? [TOOL_TAG];
  const holdCharacters = options.holdCharacters ?? HOLD_CHARACTERS;
  const continues = options.continues ?? false;
  let place = startOf(options.start ?? "content", continues);
  let buffer = "";
  /** Nothing of the present channel is out yet: its leading line breaks are dropped. */
  let fresh = !continues;
  /** The last character given out or dropped in this thought, to know a line's start. */
  let lineStart = !continues;

  function step(last: boolean, parts: ReasoningPart[]): boolean {
    switch (place) {
      case "undecided":
        return undecided(last);
      case "before-content":
        return beforeContent(last);
      case "thought-start":
        return thoughtStart(last);
      case "thought":
        return inThought(last, parts);
      case "content":
        give(parts, "content", buffer);
        buffer = "";
        return false;
      default:
        return place satisfies never;
    }
  }

  function undecided(last: boolean): boolean {
    const start = buffer.trimStart();
    const closes = buffer.includes(closeTag);
    const opens = start.startsWith(openTag);
    if (!closes && !opens && !last && buffer.length <= holdCharacters) return false;
    place = closes && !opens ? "thought" : "before-content";
    return true;
  }

  function beforeContent(last: boolean): boolean {
    const start = buffer.trimStart();
    if (start.startsWith(openTag)) {
      buffer = start.slice(openTag.length);
      enter("thought");
      return true;
    }
    if (!last && openTag.startsWith(start)) return false;
    enter("content");
    return true;
  }

  function thoughtStart(last: boolean): boolean {
    const start = buffer.trimStart();
    if (start.startsWith(openTag)) buffer = start.slice(openTag.length);
    else if (!last && openTag.startsWith(start)) return false;
    place = "thought";
    return true;
  }

  function inThought(last: boolean, parts: ReasoningPart[]): boolean {
    let from = 0;
    for (;;) {
      const found = findTag(buffer, [closeTag, ...toolTags], from);
      if (found === null) break;
      if (found.tag !== closeTag && !startsLine(found.at)) {
        from = found.at + found.tag.length;
        continue;
      }
      give(parts, "reasoning", buffer.slice(0, found.at).trimEnd());
      buffer = buffer.slice(found.at + (found.tag === closeTag ? closeTag.length : 0));
      enter("content");
      return true;
    }
    let held = last ? 0 : heldForTags(buffer, [closeTag, ...toolTags]);
    held += trailingSpace(buffer.slice(0, buffer.length - held));
    const out = buffer.slice(0, buffer.length - held);
    give(parts, "reasoning", out);
    if (out !== "") lineStart = out.endsWith("\n");
    buffer = last ? "" : buffer.slice(buffer.length - held);
    return false;
  }

  function startsLine(at: number): boolean {
    const before = buffer.slice(0, at).replace(/[ \t]+$/, "");
    return before === "" ? lineStart : before.endsWith("\n");
  }

  function enter(next: "thought" | "content"): void {
    place = next;
    fresh = true;
    lineStart = true;
  }

  function give(parts: ReasoningPart[], channel: ReasoningPart["channel"], text: string): void {
    const out = fresh ? text.replace(/^[\r\n]+/, "") : text;
    if (out === "") return;
    fresh = false;
    parts.push({ channel, text: out });
  }

  function run(text: string, last: boolean): ReasoningPart[] {
    buffer += text;
    const parts: ReasoningPart[] = [];
    while (step(last, parts));
    return parts;
  }

  return {
    push: (text) => run(text, false),
    end: () => run("", true),
    get insideThought() {
      return place === "thought" || place === "thought-start";
    },
  };
}

type Place = "undecided" | "before-content" | "thought-start" | "thought" | "content";

function startOf(start: "content" | "thought" | "unknown", continues: boolean): Place {
  if (start === "unknown") return "undecided";
  if (continues) return start;
  return start === "thought" ? "thought-start" : "before-content";
}

/** A whole text split; `closed` is false where it ends inside a thought. */
export function splitReasoning(
  text: string,
  options: ReasoningSplitterOptions = {},
): { readonly reasoning: string; readonly content: string; readonly closed: boolean } {
  const splitter = createReasoningSplitter({ start: "unknown", ...options });
  const parts = [...splitter.push(text), ...splitter.end()];
  const join = (channel: ReasoningPart["channel"]): string =>
    parts
      .filter((part) => part.channel === channel)
      .map((part) => part.text)
      .join("");
  return {
    reasoning: join("reasoning"),
    content: join("content"),
    closed: !splitter.insideThought,
  };
}
