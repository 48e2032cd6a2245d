/** Parts of an event to write; `data` may have several lines. */
export interface SseMessage {
  readonly event?: string;
  readonly data: string;
  readonly id?: string;
}

/** The marker by which OpenAI's streams end. */
export const DONE = "[DONE]";
/** The last event of a chat completion stream. */
export const DONE_EVENT: string = `data: ${DONE}\n\n`;

/** One event as text, LF line ends. Line breaks in `event` and `id` are cut: they would start a new field. */
export function encodeSse(message: SseMessage): string {
  const head = message.event === undefined ? "" : `event: ${firstLine(message.event)}\n`;
  const id = message.id === undefined ? "" : `id: ${firstLine(message.id)}\n`;
  const lines = message.data.split(/\r\n|\r|\n/);
  return `${head}${id}${lines.map((line) => `data: ${line}\n`).join("")}\n`;
}

/** One event whose data is JSON, under an event name where one is given. */
export function encodeSseJson(value: unknown, event?: string): string {
  const data = JSON.stringify(value);
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}

/** A comment, which clients drop: keeps connections open through a long prefill. */
export function encodeSseComment(text: string): string {
  return `: ${text.replaceAll(/\r\n|\r|\n/g, "\n: ")}\n\n`;
}

function firstLine(text: string): string {
  return text.split(/[\r\n]/, 1)[0] ?? "";
}
