import { readGgufHeader } from "@qwq-fit/models";
import type { GgufValue } from "@qwq-fit/models";
import { openFile } from "@qwq-fit/models/node";

/** What a model's file says that the engine's child does not tell. */
export interface ModelText {
  readonly name: string;
  readonly architecture: string;
  /** Jinja; null where the file has none. */
  readonly chatTemplate: string | null;
  /** A second template for requests with tools, where the file has one. */
  readonly toolTemplate: string | null;
  readonly trainedContextTokens: number | null;
}

/** Reads name and chat templates from a GGUF file (of a split one: the first). @throws QwqError `invalid_gguf`. */
export async function readModelText(path: string): Promise<ModelText> {
  const file = await openFile(path);
  try {
    const { metadata } = await readGgufHeader(file);
    const architecture = text(metadata.get("general.architecture")) ?? "unknown";
    const trained = metadata.get(`${architecture}.context_length`);
    return {
      name: text(metadata.get("general.name")) ?? path,
      architecture,
      chatTemplate: text(metadata.get("tokenizer.chat_template")),
      toolTemplate: text(metadata.get("tokenizer.chat_template.tool_use")),
      trainedContextTokens: typeof trained === "number" ? trained : null,
    };
  } finally {
    await file.close();
  }
}

function text(value: GgufValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}
