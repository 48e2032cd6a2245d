/** The reasoning in a delta or a message, whatever the sender calls it; undefined where there is none. */
export function reasoningOf(value: {
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  readonly thinking?: unknown;
}): string | undefined {
  for (const field of [value.reasoning_content, value.reasoning, value.thinking]) {
    if (typeof field === "string" && field !== "") return field;
  }
  return undefined;
}
