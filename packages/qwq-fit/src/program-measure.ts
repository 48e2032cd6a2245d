import type { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import { addCostOptions } from "./options/cost-options.ts";
import type { CostOptions } from "./options/cost-options.ts";
import { addRehearseOptions } from "./options/rehearse-options.ts";
import type { RehearseCommandOptions } from "./options/rehearse-options.ts";
import { addReplayOptions } from "./options/replay-options.ts";
import type { ReplayOptions } from "./options/replay-options.ts";

/** Commands about how fast, and for how much. */
export function addMeasureCommands(
  program: Command,
  io: CommandIo,
  exit: (code: number) => void,
): void {
  addRehearseOptions(
    program.command("rehearse").description("a model's true speed here, before downloading it"),
  ).action(async (options: RehearseCommandOptions) => {
    const { rehearseCommand } = await import("./commands/rehearse.ts");
    exit(await rehearseCommand(options, io));
  });
  addCostOptions(
    program.command("cost").description("this machine against each cloud, for your daily use"),
  ).action(async (options: CostOptions) => {
    const { cost } = await import("./commands/cost.ts");
    exit(await cost(options, io));
  });
  addReplayOptions(
    program
      .command("replay")
      .description("your traffic on machines and clouds you do not have yet"),
  ).action(async (file: string | undefined, options: ReplayOptions) => {
    const { replayCommand } = await import("./commands/replay.ts");
    exit(await replayCommand(file, options, io));
  });
}
