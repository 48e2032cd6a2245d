// Stands in for `qwq-fit serve MODEL --json --yes --state-dir DIR`: the real server and the real engine, told its
// settings here. Run by itself.
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { createChildEngine, startServer, stopOnSignals } from "@qwq-fit/engine";
import { developmentBinding } from "../../packages/engine/src/testing/native-binding.ts";
import { SCRIPTED_SETTINGS } from "../../packages/engine/src/testing/loaded-scripted.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: { "state-dir": { type: "string" }, json: { type: "boolean" }, yes: { type: "boolean" } },
});
const [, modelPath = ""] = positionals;
const tell = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);
if (modelPath.includes("broken")) {
  tell({
    error: { code: "does_not_fit", message: "too large by 1 GiB", hint: "take a smaller one" },
  });
  process.exit(3);
}
tell({ event: "pulling", bytes: 5, totalBytes: 10 });
const server = await startServer({
  open: () =>
    createChildEngine({
      modelPath,
      settings: SCRIPTED_SETTINGS,
      bindingFolder: developmentBinding(),
      engineVersion: "3.22.1",
    }),
  model: {
    id: basename(modelPath, ".gguf"),
    aliases: [],
    quantization: "F32",
    thinks: "always",
    sampling: { temperature: 0, topP: 1, topK: 1, minP: 0 },
    license: null,
    fileSha256: null,
    created: 1,
  },
  plan: null,
  stateDir: String(values["state-dir"]),
});
await stopOnSignals(server, process);
