import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { serveMcp } from "../mcp/serve-mcp.ts";
import type { RunCommandLine } from "../mcp/serve-mcp.ts";

/** `qwq-fit mcp`: the same answers for an assistant, over the Model Context Protocol on standard input and output. */
export async function mcp(run: RunCommandLine, io: CommandIo): Promise<number> {
  await serveMcp(run, io);
  return EXIT.fits;
}
