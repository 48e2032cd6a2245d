import type { EndEvent, GenerateEvent, PromptEvent } from "../generate-events.ts";

/** A whole answer. */
export interface Collected {
  readonly prompt: PromptEvent;
  readonly text: string;
  readonly tokenIds: readonly number[];
  readonly end: EndEvent;
  readonly events: readonly GenerateEvent[];
}

/** Reads a stream of events to its end and holds it to the interface's order. Throws where it is broken. */
export async function collect(
  stream: AsyncIterable<GenerateEvent>,
  onEvent?: (event: GenerateEvent) => void,
): Promise<Collected> {
  let prompt: PromptEvent | undefined;
  let end: EndEvent | undefined;
  let text = "";
  let channel: "reasoning" | "content" | null = null;
  const tokenIds: number[] = [];
  const events: GenerateEvent[] = [];
  for await (const event of stream) {
    if (end !== undefined) throw new Error(`an event after the end: ${event.type}`);
    if (event.type === "prompt" ? prompt !== undefined : prompt === undefined) {
      throw new Error(`the prompt's event is not the first and only one: ${event.type}`);
    }
    events.push(event);
    if (event.type === "prompt") prompt = event;
    else if (event.type === "token") {
      // The tag is put back, so engines that separate a chat read like those that do not.
      if (event.channel === "content" && channel === "reasoning") text += "</think>";
      channel = event.channel ?? channel;
      text += event.text;
      tokenIds.push(...event.tokenIds);
    } else if (event.type === "end") end = event;
    onEvent?.(event);
  }
  if (prompt === undefined || end === undefined) throw new Error("the stream has no end");
  return { prompt, text, tokenIds, end, events };
}
