import { startLlamaServerDouble } from "./llama-server-double.ts";

// A program for tests that takes llama-server's arguments: serves the scripted model, or fails as it is told.
const value = (name: string): string | undefined => {
  const at = process.argv.lastIndexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
if (process.argv.includes("--fail")) {
  process.stderr.write("ggml: out of memory\n");
  process.exit(1);
}
if (value("--host") !== "127.0.0.1" || process.env["LLAMA_API_KEY"] === undefined) process.exit(2);
await startLlamaServerDouble({
  thoughts: 20,
  words: 30,
  contextTokens: 600,
  slots: 3,
  tokenMs: 3,
  port: Number(value("--port")),
  apiKey: process.env["LLAMA_API_KEY"],
});
