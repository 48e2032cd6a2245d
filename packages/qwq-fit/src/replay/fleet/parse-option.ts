import { QwqError } from "@qwq-fit/schema";

/** One thing of an option, and how many of it. */
export type OptionPart = { readonly count: number; readonly text: string } & (
  | { readonly kind: "machine"; readonly hardware: string }
  | { readonly kind: "this-machine" }
  | { readonly kind: "sagemaker"; readonly instance: string }
  | { readonly kind: "cloud"; readonly provider: string; readonly model: string | null }
);

/** What one `--on` names: one thing, or a mix of several. */
export interface ReplayOption {
  readonly text: string;
  readonly parts: readonly OptionPart[];
}

/** More nodes than this are no purchase but a data centre. */
export const MOST_NODES = 64;
const HINT =
  'Name a machine as for --hardware, "this machine", sagemaker:INSTANCE or cloud:PROVIDER; "3 of RTX 4090" for three, "A + B" for a mix.';

/** "64GB RAM" behind a plus is the machine's memory, as for `--hardware`. */
const isMemory = (text: string): boolean => /^\d+(?:\.\d+)?\s*[gt]i?b(?:\s+\w+)?$/iu.test(text);

function parsePart(text: string): OptionPart {
  const [, counted, named = text] = /^(\d{1,3})\s+of\s+(.+)$/iu.exec(text) ?? [];
  const count = Number(counted ?? 1);
  if (count < 1 || count > MOST_NODES) {
    throw new QwqError("invalid_value", `"${text}": from 1 to ${MOST_NODES} nodes`);
  }
  const [, scheme, rest = ""] = /^(sagemaker|cloud):(.*)$/iu.exec(named) ?? [];
  if (scheme !== undefined && rest.trim() === "") {
    throw new QwqError("invalid_value", `"${text}" names nothing`, { hint: HINT });
  }
  if (scheme?.toLowerCase() === "sagemaker") {
    return { count, text, kind: "sagemaker", instance: rest.trim() };
  }
  if (scheme !== undefined) {
    const [provider = "", ...model] = rest.trim().split("/");
    return {
      count,
      text,
      kind: "cloud",
      provider,
      model: model.length === 0 ? null : model.join("/"),
    };
  }
  if (/^(?:this machine|here)$/iu.test(named)) return { count, text, kind: "this-machine" };
  return { count, text, kind: "machine", hardware: named };
}

/**
 * One `--on`: parts joined by " + ", each "N of THING" or a thing alone.
 *
 * @throws {QwqError} `invalid_value`.
 */
export function parseOption(text: string): ReplayOption {
  const words: string[] = [];
  for (const part of text.split(/\s\+\s/u).map((one) => one.trim())) {
    const before = words.at(-1);
    if (before !== undefined && isMemory(part)) words[words.length - 1] = `${before} + ${part}`;
    else words.push(part);
  }
  if (words.some((word) => word === "")) {
    throw new QwqError("invalid_value", `"${text}" names nothing`, { hint: HINT });
  }
  return { text, parts: words.map(parsePart) };
}
