import type { CommandIo } from "../command-io.ts";
import type { Text } from "./text.ts";

/** Languages that the command speaks. */
export const LANGUAGES = ["en", "zh", "pa"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The language that is asked for: `--lang`, else LC_ALL, LC_MESSAGES or LANG, else English. */
export function languageOf(io: CommandIo, asked?: Language): Language {
  if (asked !== undefined) return asked;
  const { LC_ALL: all, LC_MESSAGES: messages, LANG: lang } = io.environment;
  const told = [all, messages, lang].find((value) => value !== undefined && value !== "") ?? "";
  const [language] = told.toLowerCase().split(/[_.@-]/u);
  return LANGUAGES.find((known) => known === language) ?? "en";
}

/** The texts in the language of the user; only that one is loaded. */
export async function textFor(io: CommandIo, asked?: Language): Promise<Text> {
  switch (languageOf(io, asked)) {
    case "en":
      return (await import("./en.ts")).en;
    case "zh":
      return (await import("./zh.ts")).zh;
    case "pa":
      return (await import("./pa.ts")).pa;
  }
}
