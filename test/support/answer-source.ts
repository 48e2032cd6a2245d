/** What every scripted node answers: a thought and an answer, with characters of two, three and four bytes. */
export interface AnswerSource {
  readonly thought: readonly string[];
  readonly answer: readonly string[];
}

/** A source of `size` answer tokens; some are of several bytes, one holds text that looks like an end. */
export function answerSource(size: number): AnswerSource {
  const odd = ["é ", "你好 ", "🙂 ", "[DONE] ", '"error": ', 'data: {"usage":{} ', "\\n\n "];
  const word = (prefix: string, i: number): string =>
    i % 5 === 4 ? `${prefix}${i}${odd[i % odd.length]}` : `${prefix}${i} `;
  return {
    thought: Array.from({ length: Math.ceil(size / 3) }, (_, i) => word("t", i)),
    answer: Array.from({ length: size }, (_, i) => word("w", i)),
  };
}

type Json = Readonly<Record<string, unknown>>;

/** One piece of the answer as OpenAI's delta. */
export const deltaAt = (source: AnswerSource, index: number): Json =>
  index < source.thought.length
    ? { reasoning_content: source.thought[index], reasoning: source.thought[index] }
    : { content: source.answer[index - source.thought.length] };

/** Where a node must go on for this request; -1 where the prefix is not one of the source's own. */
export function startOf(source: AnswerSource, body: Json): number {
  if (body["continue_final_message"] !== true) return 0;
  const messages = body["messages"];
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : null;
  if (typeof last !== "object" || last === null || Reflect.get(last, "role") !== "assistant")
    return -1;
  const text = (field: string): string => {
    const value: unknown = Reflect.get(last, field);
    return typeof value === "string" ? value : "";
  };
  const thought = text("reasoning_content");
  const content = text("content");
  const pieces = content === "" ? source.thought : source.answer;
  const whole = content === "" ? thought : content;
  if (content !== "" && thought !== source.thought.join("")) return -1;
  let length = 0;
  for (let i = 0; i <= pieces.length; i++) {
    if (length === whole.length && pieces.slice(0, i).join("") === whole) {
      return content === "" ? i : source.thought.length + i;
    }
    length += pieces[i]?.length ?? 0;
  }
  return -1;
}
