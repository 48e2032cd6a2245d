import { isObject } from "../json.ts";

/** What is wrong with a body, and where. `code` is one of this project's codes. */
export interface Problem {
  readonly code: "invalid_request" | "invalid_value" | "unsupported_combination";
  /** `messages[2].content`; empty for the body as a whole. */
  readonly param: string;
  readonly message: string;
}

/** A body that was read, or all that is wrong with it. */
export type Checked<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Gathers problems while a body is read. */
export interface Checker {
  readonly problems: Problem[];
  /** Notes a problem unless `holds`; answers whether it holds. */
  expect(holds: boolean, param: string, message: string, code?: Problem["code"]): boolean;
  number(body: unknown, name: string, range: NumberRange): void;
  boolean(body: unknown, name: string): void;
}

export interface NumberRange {
  readonly least?: number;
  readonly most?: number;
  readonly integer?: boolean;
}

/** A fresh checker. Null counts as left out everywhere, as OpenAI's clients send it. */
export function createChecker(): Checker {
  const problems: Problem[] = [];
  const expect: Checker["expect"] = (holds, param, message, code = "invalid_value") => {
    if (!holds) problems.push({ code, param, message });
    return holds;
  };
  return {
    problems,
    expect,
    number: (body, name, { least = -Infinity, most = Infinity, integer = false }) => {
      const value = field(body, name);
      if (value === undefined) return;
      const kind = integer ? "an integer" : "a number";
      const valid =
        typeof value === "number" &&
        (integer ? Number.isInteger(value) : Number.isFinite(value)) &&
        value >= least &&
        value <= most;
      expect(valid, name, `\`${name}\` must be ${kind}${rangeText(least, most)}`);
    },
    boolean: (body, name) => {
      const value = field(body, name);
      expect(
        value === undefined || typeof value === "boolean",
        name,
        `\`${name}\` must be true or false`,
      );
    },
  };
}

function field(body: unknown, name: string): unknown {
  return isObject(body) ? (body[name] ?? undefined) : undefined;
}

function rangeText(least: number, most: number): string {
  if (least !== -Infinity && most !== Infinity) return ` from ${least} to ${most}`;
  if (least !== -Infinity) return ` of at least ${least}`;
  return most === Infinity ? "" : ` of at most ${most}`;
}
