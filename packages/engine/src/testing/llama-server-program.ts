import { readLlamaServerFlags } from "./llama-server-flags.ts";
import { startLlamaServerDouble } from "./llama-server-double.ts";

// A program for tests that takes llama-server's arguments and no others: serves the scripted model, or fails as it is told.
const end = (text: string, code: number): never => {
  process.stderr.write(`${text}\n`);
  process.exit(code);
};
const read = (): ReadonlyMap<string, string> => {
  try {
    return readLlamaServerFlags(process.argv.slice(2));
  } catch (error) {
    return end(String(error), 1);
  }
};
const flags = read();
if (flags.has("--fail")) end("ggml: out of memory", 1);
const apiKey = process.env["LLAMA_API_KEY"];
if (flags.get("--host") !== "127.0.0.1" || apiKey === undefined) process.exit(2);
const slots = Number(flags.get("--parallel") ?? 3);
await startLlamaServerDouble({
  thoughts: 20,
  words: 30,
  contextTokens: Number(flags.get("--ctx-size") ?? 600 * slots) / slots,
  slots,
  tokenMs: 3,
  port: Number(flags.get("--port")),
  ...(apiKey === undefined ? {} : { apiKey }),
});
