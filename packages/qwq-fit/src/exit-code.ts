import type { ErrorCode } from "@qwq-fit/schema";

/** What the command's exit says. A script may rely on it. */
export const EXIT = { fits: 0, fault: 1, usage: 2, doesNotFit: 3 } as const;

/** Codes of errors that another command line would mend. */
const USAGE: ReadonlySet<ErrorCode> = new Set([
  "usage",
  "invalid_value",
  "unknown_model",
  "unknown_hardware",
  "ambiguous_name",
  "unsupported_combination",
] satisfies ErrorCode[]);

/** The exit code for an error: 2 where the command line is at fault, 1 otherwise. */
export function exitCodeOf(code: ErrorCode): number {
  if (code === "does_not_fit") return EXIT.doesNotFit;
  return USAGE.has(code) ? EXIT.usage : EXIT.fault;
}
