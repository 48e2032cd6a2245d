import { readFileSync } from "node:fs";
import { readConfig } from "@qwq-fit/router";
import { QwqError } from "@qwq-fit/schema";
import { missingSecrets } from "./missing-secrets.ts";
import { readOptions, type ServeOptions, USAGE } from "./options.ts";
import { startWorkerd } from "./workerd.ts";

function fail(message: string, json: boolean): never {
  if (json) console.log(JSON.stringify({ event: "error", message }));
  else console.error(message);
  process.exit(2);
}

const wantsJson = process.argv.includes("--json");
let options: ServeOptions | "help";
try {
  options = readOptions(process.argv.slice(2), (path) => readFileSync(path, "utf8"), process.env);
} catch (error) {
  const message = error instanceof Error ? error.message : "the command line cannot be read";
  fail(wantsJson ? message : `${message}\n\n${USAGE}`, wantsJson);
}
if (options === "help") {
  console.log(USAGE);
  process.exit(0);
}
try {
  const missing = missingSecrets(readConfig(options.config), options.secrets);
  if (missing.length > 0) {
    throw new QwqError(
      "invalid_configuration",
      ["The configuration cannot be used:", ...missing].join("\n  "),
    );
  }
  if (!options.json) console.error("Building the Worker …");
  const worker = await startWorkerd(options);
  if (options.json) console.log(JSON.stringify({ event: "ready", url: worker.url }));
  else console.log(`The router listens at ${worker.url}/v1 (Ctrl-C ends it)`);
  const stop = (): void => {
    void worker.close().then(() => process.exit(0));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
} catch (error) {
  const ours = QwqError.is(error) || error instanceof Error;
  fail(ours ? error.message : "the router could not be started", options.json);
}
