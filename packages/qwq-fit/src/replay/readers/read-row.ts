import { isLangfuse, readLangfuse } from "./langfuse.ts";
import { isLiteLlm, readLiteLlm } from "./litellm.ts";
import { isOpenAi, readOpenAi } from "./openai.ts";
import { isPlain, isTimeless, readPlain } from "./plain.ts";
import { type Row, type RowAnswer, RowFault } from "./record.ts";
import { isRouterLog, readRouterLog } from "./router-log.ts";

/** Formats by name, the first that knows a row reads it. */
export type TraceFormat = "qwq-fit" | "router log" | "OpenAI" | "LiteLLM" | "Langfuse";

interface Reader {
  readonly format: TraceFormat;
  readonly knows: (row: Row) => boolean;
  readonly read: (row: Row) => RowAnswer;
}

const READERS: readonly Reader[] = [
  { format: "qwq-fit", knows: isPlain, read: readPlain },
  { format: "router log", knows: isRouterLog, read: readRouterLog },
  { format: "OpenAI", knows: isOpenAi, read: readOpenAi },
  { format: "Langfuse", knows: isLangfuse, read: readLangfuse },
  { format: "LiteLLM", knows: isLiteLlm, read: readLiteLlm },
  { format: "qwq-fit", knows: isTimeless, read: readPlain },
];

/** What a row holds, by the reader that knows it. Never throws for what is in the row. */
export function readRow(row: Row): RowAnswer & { readonly format: TraceFormat | null } {
  const reader = READERS.find(({ knows }) => knows(row));
  if (reader === undefined) {
    const names = Object.keys(row).slice(0, 5).join(", ").slice(0, 100);
    const message = `no known format (it has ${names || "no fields"})`;
    return { kind: "fault", fault: "unknown_format", message, format: null };
  }
  const { format } = reader;
  try {
    return { ...reader.read(row), format };
  } catch (error) {
    if (error instanceof RowFault) {
      return { kind: "fault", fault: error.fault, message: error.message, format };
    }
    if (error instanceof SyntaxError) {
      return { kind: "fault", fault: "broken_json", message: "a text in it is no JSON", format };
    }
    throw error;
  }
}
