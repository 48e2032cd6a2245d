/** A pair of tags around a part of the model's text. */
export interface TagPair {
  readonly openTag: string;
  readonly closeTag: string;
}

/** Tags around thoughts, as the templates of these families write them; the first that a template holds counts. */
const THOUGHT_TAGS: readonly TagPair[] = [
  // QwQ, Qwen 3, DeepSeek-R1 and its distills, and most others
  { openTag: "<think>", closeTag: "</think>" },
  { openTag: "<seed:think>", closeTag: "</seed:think>" },
  { openTag: "[THINK]", closeTag: "[/THINK]" },
];

/** Tags around tool calls. */
const TOOL_TAGS: readonly TagPair[] = [
  // QwQ, Qwen 2.5 and 3, Hermes
  { openTag: "<tool_call>", closeTag: "</tool_call>" },
  // DeepSeek V3 and R1
  { openTag: "<｜tool▁calls▁begin｜>", closeTag: "<｜tool▁calls▁end｜>" },
];

export function thoughtTags(template: string): TagPair | null {
  return (
    THOUGHT_TAGS.find((tag) => template.includes(tag.openTag) || template.includes(tag.closeTag)) ??
    null
  );
}

export function toolTags(template: string): TagPair | null {
  return TOOL_TAGS.find(({ openTag }) => template.includes(openTag)) ?? null;
}
