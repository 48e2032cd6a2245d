import { linesOf } from "./lines.ts";
import type { ProbeWarning } from "@qwq-fit/schema";
import type { ToolResult } from "../ports/probe-ports.ts";

/**
 * What to tell of a tool whose output cannot be used; null where there is nothing to tell: it worked, or it is not
 * installed, which is the normal case.
 */
export function toolWarning(
  program: string,
  result: ToolResult,
  hint: string,
): ProbeWarning | null {
  const code = program.replaceAll("-", "_");
  switch (result.kind) {
    case "missing":
      return null;
    case "timeout":
      return {
        code: `${code}_timeout`,
        message: `${program} did not end in ${result.timeoutMs} ms and was stopped`,
        hint,
      };
    case "flooded":
      return {
        code: `${code}_failed`,
        message: `${program} printed more than ${result.limitBytes} bytes and was stopped`,
        hint,
      };
    case "failed":
      return { code: `${code}_failed`, message: `${program} did not run: ${result.reason}`, hint };
    case "ended":
      if (result.exitCode === 0) return null;
      return {
        code: `${code}_failed`,
        message: `${program} ended with ${result.exitCode}: ${firstLine(result.stderr + result.stdout)}`,
        hint,
      };
  }
}

/** A tool's output that ended well but could not be understood. */
export function unreadableWarning(program: string, reason: string, hint: string): ProbeWarning {
  const code = `${program.replaceAll("-", "_")}_unreadable`;
  return { code, message: `${program} printed what could not be read: ${reason}`, hint };
}

function firstLine(text: string): string {
  const line = linesOf(text).find((each) => each.trim() !== "") ?? "no message";
  return line.trim().slice(0, 200);
}
