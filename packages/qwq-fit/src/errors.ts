import { QwqError } from "@qwq-fit/schema";
import { CommanderError } from "commander";
import type { CommandIo } from "./command-io.ts";
import { exitCodeOf } from "./exit-code.ts";

/** Commander writes its suggestion into the message; here it is the hint. */
function fromCommander(error: CommanderError): QwqError {
  const text = error.message.replace(/^error: /u, "");
  const [message = text, suggestion] = text.split(/\n\((.*)\)$/su);
  return new QwqError("usage", message, {
    hint: suggestion ?? "`qwq-fit --help` lists commands and options.",
  });
}

/** Any error as one of ours. */
export function toQwqError(error: unknown): QwqError {
  if (QwqError.is(error)) return error;
  if (error instanceof CommanderError) return fromCommander(error);
  const message = error instanceof Error ? error.message : String(error);
  return new QwqError("internal", message.split("\n", 1)[0] ?? "unknown", {
    cause: error,
    hint: "This is a defect of qwq-fit. QWQ_FIT_DEBUG=1 shows where; please report it.",
  });
}

/**
 * Tells an error in the form that was asked for (JSON on standard output, text on standard error) and gives the exit
 * code. No stack, unless QWQ_FIT_DEBUG is set.
 */
export function tellError(thrown: unknown, json: boolean, io: CommandIo): number {
  const error = toQwqError(thrown);
  if (json) io.out(`${JSON.stringify({ error })}\n`);
  else {
    io.note(`qwq-fit: ${error.message}\n`);
    if (error.hint !== undefined) io.note(`         ${error.hint}\n`);
  }
  if (io.environment["QWQ_FIT_DEBUG"] === "1" && thrown instanceof Error) {
    const cause = thrown.cause instanceof Error ? thrown.cause : thrown;
    io.note(`${cause.stack ?? ""}\n`);
  }
  return exitCodeOf(error.code);
}
