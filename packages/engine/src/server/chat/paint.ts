import type { ThoughtView } from "./session.ts";
import type { AnswerPart } from "./stream-answer.ts";

export interface PaintOptions {
  readonly write: (text: string) => void;
  /** A terminal: lines may be rewritten. */
  readonly terminal: boolean;
  readonly color: boolean;
  readonly view: ThoughtView;
  readonly now: () => number;
}

/** Paints one answer as it comes. */
export interface Painter {
  part(part: AnswerPart): void;
  /** What to print when it was stopped or failed: closes colours and lines. */
  close(): void;
  readonly thought: string;
  readonly content: string;
}

const DIM = "\u001b[2m";
const RESET = "\u001b[0m";
const CLEAR_LINE = "\r\u001b[2K";

/** A painter for one answer. Control characters of the model's text are left out: they could rewrite the screen. */
export function createPainter(options: PaintOptions): Painter {
  const { write, terminal, color, view, now } = options;
  const started = now();
  let firstAt: number | null = null;
  let thought = "";
  let content = "";
  let mode: "start" | "thought" | "content" = "start";
  let folded = false;
  let endsLine = true;

  const put = (text: string): void => {
    const clean = text.replaceAll(CONTROL, "");
    if (clean === "") return;
    write(clean);
    endsLine = clean.endsWith("\n");
  };

  function paintThought(text: string): void {
    thought += text;
    if (view === "hide" || (view === "fold" && !terminal)) return;
    if (view === "fold") {
      folded = true;
      const seconds = ((now() - started) / 1000).toFixed(0);
      write(`${CLEAR_LINE}${dim(`thinking… ${thought.length} characters, ${seconds} s`)}`);
      return;
    }
    if (mode === "start" && color) write(DIM);
    mode = "thought";
    put(text);
  }

  function endThought(): void {
    if (folded) write(CLEAR_LINE);
    folded = false;
    if (mode !== "thought") return;
    if (color) write(RESET);
    write(endsLine ? "\n" : "\n\n");
    endsLine = true;
  }

  const dim = (text: string): string => (color ? `${DIM}${text}${RESET}` : text);

  function close(): void {
    endThought();
    mode = "content";
    if (!endsLine) write("\n");
    endsLine = true;
  }

  return {
    get thought() {
      return thought;
    },
    get content() {
      return content;
    },
    close,
    part: (part) => {
      if (part.kind === "end") {
        close();
        for (const line of endLines(part, content, { started, firstAt, ended: now() })) {
          write(`${dim(line)}\n`);
        }
        return;
      }
      firstAt ??= now();
      if (part.kind === "reasoning") {
        paintThought(part.text);
        return;
      }
      if (mode !== "content") endThought();
      mode = "content";
      content += part.text;
      put(part.text);
    },
  };
}

/** Control characters but tab and line feed, C1 and the escape included. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

function endLines(
  part: AnswerPart & { readonly kind: "end" },
  content: string,
  times: { readonly started: number; readonly firstAt: number | null; readonly ended: number },
): string[] {
  const lines: string[] = [];
  if (part.finish === "length") {
    lines.push(
      content === ""
        ? "The length limit fell inside the thought: there is no answer. /set max_tokens, or /effort low."
        : "The length limit cut the answer.",
    );
  }
  const tokens = part.usage?.completion_tokens ?? 0;
  const { started, firstAt, ended } = times;
  if (tokens === 0 || firstAt === null) return lines;
  const seconds = Math.max(1, ended - firstAt) / 1000;
  // The first token's time belongs to the prompt.
  const rate = tokens > 1 ? `, ${((tokens - 1) / seconds).toFixed(1)} tokens/s` : "";
  const wait = ((firstAt - started) / 1000).toFixed(1);
  return [...lines, `${tokens} tokens${rate}, first after ${wait} s`];
}
