import type { Command } from "commander";

/** An option as a shell must know it. */
export interface CompletionOption {
  readonly flags: readonly string[];
  readonly about: string;
  /** Words that may follow; null where the option takes none, empty where anything (a file) may follow. */
  readonly values: readonly string[] | null;
}

export interface CompletionCommand {
  readonly name: string;
  readonly about: string;
  readonly options: readonly CompletionOption[];
}

/** Values of options that are names of the catalogue. */
export interface CompletionNames {
  readonly models: readonly string[];
  readonly hardware: readonly string[];
}

function valuesOf(
  flag: string,
  choices: readonly string[],
  names: CompletionNames,
): readonly string[] {
  if (flag === "--model") return names.models;
  if (flag === "--hardware" || flag === "--on") return names.hardware;
  return choices;
}

/** The commands and options of a program, read off it. */
export function completionCommands(program: Command, names: CompletionNames): CompletionCommand[] {
  return program.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    options: command.options.map((option) => ({
      flags: [option.short, option.long].filter((flag) => typeof flag === "string"),
      about: option.description,
      values:
        option.required || option.optional
          ? valuesOf(option.long ?? "", option.argChoices ?? [], names)
          : null,
    })),
  }));
}
