import { chmod } from "node:fs/promises";
import { QwqError } from "@qwq-fit/schema";
import { writeAtomic } from "../cache/write-atomic.ts";
import type { NodeCommand, NodeFile, RenderedNode } from "./rendered-node.ts";

/** What installing needs. */
export interface InstallTools {
  /** Where a file really goes. */
  readonly place: (file: NodeFile) => string;
  readonly run: (command: NodeCommand) => Promise<void>;
  readonly say: (text: string) => void;
}

/**
 * Writes the files of one machine and runs its commands, in their order.
 * @throws {QwqError} `forbidden` where a file may not be written, and what a command throws.
 */
export async function installNode(
  { files, commands }: RenderedNode,
  host: number,
  { place, run, say }: InstallTools,
): Promise<void> {
  for (const file of files.filter((one) => one.host === host)) {
    const path = place(file);
    try {
      await writeAtomic(path, file.text);
      await chmod(path, file.mode);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "";
      if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") throw error;
      throw new QwqError("forbidden", `${path} may not be written`, {
        cause: error,
        hint: "Run it with sudo, or write the files to a folder with --output.",
      });
    }
    say(`Wrote ${path}`);
  }
  for (const command of commands.filter((one) => one.host === host)) await run(command);
}
