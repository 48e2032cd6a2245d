import { QwqError } from "@qwq-fit/schema";

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- that is what is refused
  if (!/[\u0000-\u001F\u007F]/u.test(text)) return text;
  throw new QwqError("invalid_value", "a setting holds a line break or a control character");
}

/** A word of ExecStart= or Environment= (systemd.service(5), systemd.syntax(7)): no specifier, no variable, no escape is left. */
export function systemdWord(word: string): string {
  const safe = oneLine(word)
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("%", "%%")
    .replaceAll("$", () => "$$");
  return /^[\w@%+=:,./-]+$/u.test(safe) ? safe : `"${safe}"`;
}

/** `Environment=` takes no variables, so its `$` stays. */
export function systemdAssignment(name: string, value: string): string {
  const safe = oneLine(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
  return `Environment="${name}=${safe}"`;
}

/** Text of an XML element. */
export function xmlText(text: string): string {
  return oneLine(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A value in YAML, which holds JSON; `$` is doubled, since compose fills in variables. */
export function composeValue(value: unknown): string {
  return JSON.stringify(value).replaceAll("$", () => "$$");
}

/** A comment's text: on one line. */
export const comment = (text: string): string => text.replaceAll(/\s+/gu, " ");
