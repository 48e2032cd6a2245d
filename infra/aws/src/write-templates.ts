import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TEMPLATES, templateText } from "./synthesize.ts";

/** `pnpm --filter @qwq-fit/infra-aws run templates`: writes what the command ships. */
const folder = join(import.meta.dirname, "..", "templates");
mkdirSync(folder, { recursive: true });
for (const name of Object.keys(TEMPLATES)) {
  writeFileSync(join(folder, `${name}.json`), templateText(name));
}
