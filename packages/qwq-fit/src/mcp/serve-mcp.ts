import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { VERSION } from "../version.ts";
import { commandLineOf, shapeOf, TOOLS } from "./tools.ts";

/** Runs a command line with its output caught; `run` of main.ts. */
export type RunCommandLine = (argv: readonly string[], io: CommandIo) => Promise<number>;

/**
 * An MCP server on standard input and output whose tools are the commands: what a person is told, an assistant is told.
 * Comes back when the client has gone.
 */
export async function serveMcp(run: RunCommandLine, io: CommandIo): Promise<void> {
  const server = new McpServer({ name: "qwq-fit", version: VERSION });
  for (const tool of TOOLS) {
    const { title, description } = tool;
    const inputSchema = shapeOf(tool);
    const annotations = { readOnlyHint: true, openWorldHint: false };
    server.registerTool(
      tool.name,
      { title, description, inputSchema, annotations },
      async (input) => {
        let out = "";
        let notes = "";
        const code = await run(commandLineOf(tool, input), {
          out: (text) => (out += text),
          note: (text) => (notes += text),
          environment: { ...io.environment, NO_COLOR: "1" },
          columns: null,
          errorColumns: null,
        });
        const failed = code !== EXIT.fits && code !== EXIT.doesNotFit;
        return { content: [{ type: "text", text: failed ? notes + out : out }], isError: failed };
      },
    );
  }
  const transport = new StdioServerTransport();
  const closed = new Promise<void>((resolve) => {
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has callbacks, not events
    server.server.onclose = resolve;
    process.stdin.once("end", () => void server.close());
  });
  await server.connect(transport);
  await closed;
}
