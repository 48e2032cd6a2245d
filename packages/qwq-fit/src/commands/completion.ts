import type { Command } from "commander";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { completionCommands } from "../completion/completion-words.ts";
import { bashScript, fishScript, zshScript } from "../completion/shell-scripts.ts";
import { EXIT } from "../exit-code.ts";

/** Shells for which there is a completion. */
export type Shell = "bash" | "zsh" | "fish";

/** `qwq-fit completion bash|zsh|fish`: a script that the shell reads. */
export async function completion(shell: Shell, program: Command, io: CommandIo): Promise<number> {
  const catalog = await loadCatalog();
  const commands = completionCommands(program, {
    models: catalog.models.map(({ name }) => name),
    hardware: catalog.hardware.map(({ name }) => name),
  });
  const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
  io.out(scripts[shell](commands));
  return EXIT.fits;
}
