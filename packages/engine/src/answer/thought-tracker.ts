/** Where a text is: before it is known whether it begins with a thought, inside one, or behind. */
export type ThoughtPhase = "undecided" | "inside" | "outside";

export interface ThoughtTags {
  /** The prompt has opened the thought. */
  readonly open: boolean;
  readonly openTag: string;
  readonly closeTag: string;
}

/** The next piece of text, parted: what belongs to the thought, tags included, and what is behind it. */
export interface ThoughtPiece {
  readonly thought: string;
  readonly answer: string;
}

/** Follows a text that may start with a thought, opened by the prompt or by the text itself. */
export class ThoughtTracker {
  readonly #tags: ThoughtTags | null;
  #phase: ThoughtPhase;
  /** Text that is undecided yet; inside a thought, the tail that may be the start of the closing tag. */
  #seen = "";

  constructor(tags: ThoughtTags | null) {
    this.#tags = tags;
    this.#phase = tags === null ? "outside" : tags.open ? "inside" : "undecided";
  }

  get phase(): ThoughtPhase {
    return this.#phase;
  }

  /** Could this piece, coming next, be part of the tag that opens a thought? */
  mayOpen(piece: string): boolean {
    if (this.#tags === null || this.#phase !== "undecided") return false;
    const text = (this.#seen + piece).trimStart();
    return text.startsWith(this.#tags.openTag) || this.#tags.openTag.startsWith(text);
  }

  push(piece: string): ThoughtPiece {
    const tags = this.#tags;
    if (tags === null || this.#phase === "outside") {
      const answer = this.#seen + piece;
      this.#seen = "";
      return { thought: "", answer };
    }
    if (this.#phase === "inside") return this.#inside(piece, tags.closeTag);
    if (!this.mayOpen(piece)) {
      this.settle();
      return this.push(piece);
    }
    this.#seen += piece;
    const at = this.#seen.indexOf(tags.openTag);
    if (at < 0) return { thought: "", answer: "" };
    const seen = this.flush();
    this.#phase = "inside";
    const tagEnd = at + tags.openTag.length;
    const rest = this.#inside(seen.slice(tagEnd), tags.closeTag);
    return { thought: seen.slice(0, tagEnd) + rest.thought, answer: rest.answer };
  }

  /** There is no thought: what waited for a decision is the answer's, and comes with its next piece. */
  settle(): void {
    if (this.#phase === "undecided") this.#phase = "outside";
  }

  /** What waited for a decision, once no more comes. */
  flush(): string {
    if (this.#phase === "inside") return "";
    const text = this.#seen;
    this.#seen = "";
    return text;
  }

  #inside(piece: string, closeTag: string): ThoughtPiece {
    const text = this.#seen + piece;
    const at = text.indexOf(closeTag);
    if (at < 0) {
      this.#seen = closeTag.length > 1 ? text.slice(-(closeTag.length - 1)) : "";
      return { thought: piece, answer: "" };
    }
    this.#phase = "outside";
    this.#seen = "";
    const behind = text.length - (at + closeTag.length);
    return {
      thought: piece.slice(0, piece.length - behind),
      answer: piece.slice(piece.length - behind),
    };
  }
}
