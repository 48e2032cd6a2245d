import { fileURLToPath } from "node:url";
import { spawnLlamaServer } from "../adapters/spawn-llama-server.ts";
import { SCRIPTED_SETTINGS } from "./loaded-scripted.ts";

// A program for tests: starts a llama-server, says its process id, and waits to be killed.
const engine = await spawnLlamaServer({
  plan: {
    settings: SCRIPTED_SETTINGS,
    command: {
      program: process.execPath,
      arguments: [fileURLToPath(new URL("./llama-server-program.ts", import.meta.url))],
      environment: {},
    },
  },
});
process.stdout.write(`${/pid (\d+)/u.exec(engine.info.version ?? "")?.[1] ?? ""}\n`);
setInterval(() => {}, 60_000);
