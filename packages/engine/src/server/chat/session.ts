import type { ChatMessage } from "@qwq-fit/wire";

/** How thoughts are shown: dimmed as they come, folded to one line, or not at all. */
export type ThoughtView = "show" | "fold" | "hide";

/** What a chat knows between two lines. */
export interface ChatSession {
  readonly system: string | null;
  readonly messages: readonly ChatMessage[];
  /** Fields of the request: temperature, reasoning_effort, … */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly thoughts: ThoughtView;
  readonly lastThought: string;
}

/** What a line asks for. */
export type LineResult =
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "retry" }
  | { readonly kind: "exit" }
  /** The session changed; `told` is printed. */
  | { readonly kind: "done"; readonly session: ChatSession; readonly told: string };

export const NEW_SESSION: ChatSession = {
  system: null,
  messages: [],
  settings: {},
  thoughts: "show",
  lastThought: "",
};

export const HELP: string = [
  "/help               this text",
  "/clear              forget the conversation",
  "/system TEXT        set the system prompt; empty: none",
  "/think show|fold|hide   how thoughts are shown",
  "/thought            the last thought, whole",
  "/effort LEVEL       none, minimal, low, medium, high, xhigh, max; empty: the model's own",
  "/set NAME VALUE     a field of the request, as temperature or max_tokens; no value: unset",
  "/retry              answer the last message again",
  "/undo               take back the last message and its answer",
  "/exit               leave (also Ctrl-D)",
  "",
  'Text over several lines: between two lines of """, or with \\ at the end of each line but the last.',
].join("\n");

const VIEWS: readonly ThoughtView[] = ["show", "fold", "hide"];
const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
/** Fields that `/set` may set; the others are the session's own. */
const SETTABLE =
  /^(temperature|top_p|top_k|min_p|seed|max_tokens|presence_penalty|frequency_penalty|repeat_penalty|thinking_budget)$/;

/** Reads one line (or one text of several lines): a command, or something to say. */
export function readLine(session: ChatSession, line: string): LineResult {
  const text = line.trim();
  if (!text.startsWith("/")) return { kind: "say", text: line };
  const [name = "", ...words] = text.slice(1).split(/\s+/);
  const rest = text.slice(1 + name.length).trim();
  const done = (told: string, change: Partial<ChatSession> = {}): LineResult => ({
    kind: "done",
    session: { ...session, ...change },
    told,
  });
  switch (name) {
    case "help":
    case "?":
      return done(HELP);
    case "exit":
    case "quit":
    case "bye":
      return { kind: "exit" };
    case "clear":
      return done("The conversation is forgotten.", { messages: [], lastThought: "" });
    case "system":
      return done(rest === "" ? "No system prompt." : "System prompt set.", {
        system: rest === "" ? null : rest,
      });
    case "think": {
      const view = VIEWS.find((one) => one === rest);
      if (view === undefined) return done(`/think takes ${VIEWS.join(", ")}`);
      return done(`Thoughts: ${view}.`, { thoughts: view });
    }
    case "thought":
      return done(session.lastThought === "" ? "There was no thought." : session.lastThought);
    case "effort":
      if (rest !== "" && !EFFORTS.includes(rest))
        return done(`/effort takes ${EFFORTS.join(", ")}`);
      return done(rest === "" ? "The model's own effort." : `Effort: ${rest}.`, {
        settings: without(session.settings, "reasoning_effort", rest === "" ? undefined : rest),
      });
    case "set":
      return set(session, words);
    case "retry":
      return session.messages.length === 0 ? done("There is nothing to retry.") : { kind: "retry" };
    case "undo":
      return done("Taken back.", { messages: withoutLastTurn(session.messages) });
    default:
      return done(`There is no /${name}; /help lists what there is.`);
  }
}

function set(session: ChatSession, [name = "", value]: readonly string[]): LineResult {
  const done = (told: string, settings = session.settings): LineResult => ({
    kind: "done",
    session: { ...session, settings },
    told,
  });
  if (!SETTABLE.test(name)) return done(`${name || "nothing"} cannot be set here`);
  if (value === undefined) return done(`${name}: unset.`, without(session.settings, name));
  const number = Number(value);
  if (!Number.isFinite(number)) return done(`${name} takes a number`);
  return done(`${name}: ${number}.`, without(session.settings, name, number));
}

function without(
  settings: ChatSession["settings"],
  name: string,
  value?: unknown,
): ChatSession["settings"] {
  const rest = Object.fromEntries(Object.entries(settings).filter(([key]) => key !== name));
  return value === undefined ? rest : { ...rest, [name]: value };
}

/** The conversation without its last message of the user and all behind it. */
export function withoutLastTurn(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const last = messages.findLastIndex((message) => message.role === "user");
  return last === -1 ? [] : messages.slice(0, last);
}

/** The messages to send: system prompt first. */
export function messagesToSend(session: ChatSession): ChatMessage[] {
  const system: ChatMessage[] =
    session.system === null ? [] : [{ role: "system", content: session.system }];
  return [...system, ...session.messages];
}

/** Puts lines together to texts: between lines of """, or with a backslash at the end. */
export interface LineJoiner {
  /** A whole text, or null while one is unfinished. */
  push(line: string): string | null;
  readonly unfinished: boolean;
}

export function createLineJoiner(): LineJoiner {
  let held: string[] = [];
  let quoted = false;
  const take = (): string => {
    const text = held.join("\n");
    held = [];
    return text;
  };
  return {
    get unfinished() {
      return quoted || held.length > 0;
    },
    push: (line) => {
      if (line.trim() === '"""') {
        quoted = !quoted;
        return quoted ? null : take();
      }
      if (!quoted && line.endsWith("\\")) {
        held.push(line.slice(0, -1));
        return null;
      }
      held.push(line);
      return quoted ? null : take();
    },
  };
}
