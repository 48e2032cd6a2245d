import { QwqError } from "@qwq-fit/schema";
import { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import { near } from "./near.ts";
import { addCheckOptions, addEstimateOptions } from "./options/command-options.ts";
import type { CheckOptions, EstimateOptions, ProfileOptions } from "./options/command-options.ts";
import { VERSION } from "./version.ts";

const EXAMPLES = `
Examples:
  qwq-fit                        QwQ-32B on this machine
  qwq-fit --model qwen3-8b       another model
  qwq-fit --model ./model.gguf   a file
  qwq-fit --hardware "RTX 4090"  another machine
  qwq-fit plan --context 32k     all plans, more context
  qwq-fit check --json           for programs

Exit codes: 0 fits, 1 fault, 2 usage, 3 does not fit.`;

/**
 * The command line. Each command's code is loaded when it runs, so that `check` pays for nothing else.
 *
 * @param io - Where it writes.
 * @param exit - Is told the exit code of a command that ran.
 */
export function createProgram(io: CommandIo, exit: (code: number) => void): Command {
  const program = new Command("qwq-fit")
    .description("Tells what this machine can run: QwQ-32B first, then any model.")
    .version(VERSION)
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: () => {}, getOutHelpWidth: () => 60 })
    .configureHelp({ minWidthToWrap: 20 })
    .addHelpText("after", EXAMPLES);

  addCheckOptions(
    program
      .command("check", { isDefault: true })
      .description("can it run here, and how well? (default)"),
  ).action(async (options: CheckOptions) => {
    const { check } = await import("./commands/check.ts");
    exit(await check(options, io));
  });
  addCheckOptions(
    program.command("plan").description("all plans worth knowing, best first"),
  ).action(async (options: CheckOptions) => {
    const { plan } = await import("./commands/plan.ts");
    exit(await plan(options, io));
  });
  program
    .command("profile")
    .description("this machine: CPU, memory, devices, engines")
    .option("--hardware <file or name>", "another machine")
    .option("--record <file>", "write the profile to a file")
    .option("--json", "print JSON")
    .action(async (options: ProfileOptions) => {
      const { profile } = await import("./commands/profile.ts");
      exit(await profile(options, io));
    });
  addEstimateOptions(
    program
      .command("estimate")
      .argument("<gguf>", "a GGUF file or a model's name")
      .description("memory as the engine allocates it, for stated settings"),
  ).action(async (file: string, options: EstimateOptions) => {
    const { estimate } = await import("./commands/estimate.ts");
    exit(await estimate(file, options, io));
  });
  return program;
}

/**
 * Words of a default command would be its arguments: a first word that is no command is told the near one.
 *
 * @throws {QwqError} `usage`.
 */
export function refuseUnknownCommand(program: Command, argv: readonly string[]): void {
  const [word] = argv;
  const names = [...program.commands.map((command) => command.name()), "help"];
  if (word === undefined || word.startsWith("-") || names.includes(word)) return;
  const [likely] = near(word, names, 1);
  throw new QwqError("usage", `unknown command '${word}'`, {
    hint:
      likely === undefined
        ? `Commands are ${names.join(", ")}; a model is named with --model.`
        : `Did you mean ${likely}?`,
  });
}
