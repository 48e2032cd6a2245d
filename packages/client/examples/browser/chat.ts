// The script of index.html. It talks to your edge router with a key that is this user's own (a short-lived one that
// your login hands out): whatever a page holds, its user can read.
import { createClient } from "@qwq-fit/client";

interface Settings {
  readonly edge: string;
  readonly model: string;
  readonly key: () => Promise<string>;
}

const settings: Settings = {
  edge: location.origin,
  model: "qwq-32b",
  key: async () => (await fetch("/session-key")).text(),
};

const find = (id: string): HTMLElement => {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
};
const log = find("log");
const told = find("told");
const form = find("ask") as HTMLFormElement;
const stop = find("stop") as HTMLButtonElement;
let abort = new AbortController();

const ai = createClient({
  model: settings.model,
  mode: "continue",
  cloud: { edge: settings.edge, apiKey: settings.key },
  // What this user pays for their data is counted.
  power: () => ({
    onBattery: false,
    meteredNetwork:
      (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true,
  }),
});
const messages: { role: "user" | "assistant"; content: string }[] = [];

function add(tag: string, text = ""): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  log.append(element);
  return element;
}

async function send(content: string): Promise<void> {
  messages.push({ role: "user", content });
  add("p", `You: ${content}`);
  const thinking = add("details");
  const summary = document.createElement("summary");
  summary.textContent = "Thinking";
  thinking.append(summary);
  const answer = add("p");
  abort = new AbortController();
  stop.disabled = false;
  try {
    const request = { messages, max_tokens: 4096, stream: true as const };
    const stream = await ai.chat.completions.create(request, { signal: abort.signal });
    for await (const chunk of stream) {
      const delta = chunk.choices[0]?.delta;
      thinking.append(delta?.reasoning_content ?? "");
      answer.append(delta?.content ?? "");
    }
    messages.push({ role: "assistant", content: answer.textContent ?? "" });
    const { node, actual } = await stream.receipt;
    told.textContent = `answered by ${node} in ${Math.round(actual.totalMs ?? 0)} ms`;
  } catch (error) {
    told.textContent = error instanceof Error ? error.message : "it failed";
  } finally {
    stop.disabled = true;
  }
}

stop.addEventListener("click", () => abort.abort());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = new FormData(form).get("text");
  form.reset();
  if (typeof text === "string") void send(text);
});
