import { QwqError } from "@qwq-fit/schema";
import { Argument, Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import type { ConformanceOptions } from "./conformance/command.ts";
import type { Shell } from "./commands/completion.ts";
import { near } from "./near.ts";
import {
  addCheckOptions,
  addCommonOptions,
  addEstimateOptions,
  addPlanOptions,
  addProfileOptions,
} from "./options/command-options.ts";
import type {
  CatalogUpdateOptions,
  CheckOptions,
  EstimateOptions,
  ListOptions,
  PlanCommandOptions,
  ProfileOptions,
} from "./options/command-options.ts";
import { oneOf } from "./options/parse-values.ts";
import { addDeployCommands } from "./program-deploy.ts";
import { addLocalCommands } from "./program-local.ts";
import { addMeasureCommands } from "./program-measure.ts";
import { addNodeCommands } from "./program-nodes.ts";
import { VERSION } from "./version.ts";

const EXAMPLES = `
Examples:
  qwq-fit                        QwQ-32B on this machine
  qwq-fit --model qwen3-8b       another model
  qwq-fit --model ./model.gguf   a file
  qwq-fit --hardware "RTX 4090"  another machine
  qwq-fit plan --context 32k     all plans, more context
  qwq-fit compare "RTX 4090" "Mac mini M4 Pro 64GB"
  qwq-fit check --json           for programs

Exit codes: 0 fits, 1 fault, 2 usage, 3 does not fit.`;

const NAMES = 'models, machines, or "MODEL @ MACHINE"';

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

  const text = (command: string, about: string): Command =>
    program.command(command, { isDefault: command === "check" }).description(about);

  addCheckOptions(text("check", "can it run here, and how well? (default)")).action(
    async (options: CheckOptions) => {
      const { check } = await import("./commands/check.ts");
      exit(await check(options, io));
    },
  );
  addPlanOptions(text("plan", "all plans worth knowing, best first")).action(
    async (options: PlanCommandOptions) => {
      const { plan } = await import("./commands/plan.ts");
      exit(await plan(options, io));
    },
  );
  addCheckOptions(
    text("compare", "models or machines side by side").argument("<names...>", NAMES),
  ).action(async (names: string[], options: CheckOptions) => {
    const { compare } = await import("./commands/compare.ts");
    exit(await compare(names, options, io));
  });
  addEstimateOptions(
    text("estimate", "memory as the engine allocates it, for stated settings").argument(
      "<gguf>",
      "a GGUF file or a model's name",
    ),
  ).action(async (file: string, options: EstimateOptions) => {
    const { estimate } = await import("./commands/estimate.ts");
    exit(await estimate(file, options, io));
  });
  addProfileOptions(text("profile", "this machine: CPU, memory, devices, engines")).action(
    async (options: ProfileOptions) => {
      const { profile } = await import("./commands/profile.ts");
      exit(await profile(options, io));
    },
  );
  addCommonOptions(text("models", "models known by name").argument("[search...]")).action(
    async (search: string[], options: ListOptions) => {
      const { models } = await import("./commands/models.ts");
      exit(await models(search, options, io));
    },
  );
  addCommonOptions(text("hardware", "machines known by name").argument("[search...]")).action(
    async (search: string[], options: ListOptions) => {
      const { hardware } = await import("./commands/hardware.ts");
      exit(await hardware(search, options, io));
    },
  );
  addLocalCommands(program, io, exit);
  addNodeCommands(program, io, exit);
  addMeasureCommands(program, io, exit);
  addDeployCommands(program, io, exit);
  program
    .command("completion")
    .description("completion for a shell")
    .addArgument(new Argument("<shell>").argParser(oneOf("bash", "zsh", "fish")))
    .action(async (shell: Shell) => {
      const { completion } = await import("./commands/completion.ts");
      exit(await completion(shell, program, io));
    });
  addHousekeeping(program, io, exit);
  text("mcp", "answers for assistants (Model Context Protocol)").action(async () => {
    const [{ mcp }, { run }] = await Promise.all([
      import("./commands/mcp.ts"),
      import("./main.ts"),
    ]);
    exit(await mcp(run, io));
  });
  addConformance(program, io, exit);
  return program;
}

/** What a server really does, by asking it. */
function addConformance(program: Command, io: CommandIo, exit: (code: number) => void): void {
  const command = program
    .command("conformance")
    .description("what really works at an OpenAI-compatible server")
    .argument("<url>", "base URL, ending before /chat/completions")
    .option("-m, --model <name>", "model (default: the first that it lists)")
    .option("--api-key <key>", "key (default: OPENAI_API_KEY)");
  addCommonOptions(command).action(async (url: string, options: ConformanceOptions) => {
    const { conformance } = await import("./conformance/command.ts");
    exit(await conformance(url, options, io));
  });
}

/** Commands about what qwq-fit itself keeps. */
function addHousekeeping(program: Command, io: CommandIo, exit: (code: number) => void): void {
  const catalog = program
    .command("catalog")
    .description("the catalogue that names are looked up in");
  addCommonOptions(
    catalog.command("show", { isDefault: true }).description("which one is used"),
  ).action(async (options: ListOptions) => {
    const { showCatalog } = await import("./commands/catalog.ts");
    exit(await showCatalog(options, io));
  });
  addCommonOptions(
    catalog
      .command("update")
      .description("fetch a newer one, if it is signed")
      .argument("<url>")
      .option("--key <file>", "public key to verify with, instead of the package's own"),
  ).action(async (url: string, options: CatalogUpdateOptions) => {
    const { updateCatalog } = await import("./commands/catalog.ts");
    exit(await updateCatalog(url, options, io));
  });
  addCommonOptions(catalog.command("reset").description("back to the package's own")).action(
    async (options: ListOptions) => {
      const { resetCatalog } = await import("./commands/catalog.ts");
      exit(await resetCatalog(options, io));
    },
  );
  addCommonOptions(
    program
      .command("cache")
      .description("what is kept on disk to be faster")
      .addArgument(new Argument("[action]").argParser(oneOf("show", "clear")).default("show")),
  ).action(async (action: "show" | "clear", options: ListOptions) => {
    const { cache } = await import("./commands/cache.ts");
    exit(await cache(action, options, io));
  });
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
