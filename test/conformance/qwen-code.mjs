// Qwen Code, the npm package as published, run headless against a server of ours: it is asked what is in a folder, the model
// calls its glob tool, reads the result and answers. Prints a table; fails where the answer is not the model's.
//   node test/conformance/qwen-code.mjs [--version 0.24.4] [--folder FOLDER that has it installed]
// Our whole HTTP API stands behind it; the model is a script, because a real one of any use is gigabytes.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { QWQ } from "../../packages/engine/src/api/testing/serve-api.ts";
import { createTextEngine } from "../../packages/engine/src/api/testing/text-engine.ts";
import { startServer } from "../../packages/engine/src/index.ts";

const { values } = parseArgs({
  options: { version: { type: "string", default: "0.24.4" }, folder: { type: "string" } },
});
const PACKAGE = "@qwen-code/qwen-code";
const NEEDLE = "needle-1f3a.txt";
const ANSWER = `The folder holds ${NEEDLE}.`;
/** No run of it took more than seconds; one that waits for a person never ends. */
const MOST_MS = 180_000;

function install(folder) {
  const flags =
    "--no-save --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error";
  const spec = `${PACKAGE}@${values.version}`;
  execFileSync("npm", ["install", "--prefix", folder, spec, ...flags.split(" ")], {
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  return folder;
}

/** A model that looks with the tool it is offered, and answers once it has seen the file. */
function scriptedModel(work, asked) {
  return createTextEngine({
    info: { contextTokens: 1_000_000 },
    onRequest: ({ messages, tools }) => {
      asked.push({ roles: messages.map(({ role }) => role), tools: tools.length });
    },
    say: (messages) => {
      const results = messages.filter(({ role }) => role === "tool");
      if (results.some(({ content }) => content?.includes(NEEDLE)))
        return `I saw it.\n</think>\n\n${ANSWER}`;
      if (results.length > 0) return "Odd.\n</think>\n\nI cannot see anything.";
      const call = { name: "glob", arguments: { pattern: "*", path: work } };
      return `I look.\n</think>\n\n<tool_call>\n${JSON.stringify(call)}\n</tool_call>`;
    },
  });
}

async function runQwenCode(program, work, home, url) {
  const child = spawn(
    process.execPath,
    [program, "--prompt", "What is in this folder?", "--yolo", "--output-format", "text"],
    {
      cwd: work,
      env: {
        PATH: process.env.PATH,
        HOME: home,
        USERPROFILE: home,
        OPENAI_BASE_URL: url,
        OPENAI_API_KEY: "none",
        OPENAI_MODEL: QWQ.id,
      },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: MOST_MS,
    },
  );
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
  const [code] = await once(child, "close");
  return { code, out, err };
}

const folder = await mkdtemp(join(tmpdir(), "qwen-code-"));
const asked = [];
let server = null;
try {
  const place = values.folder ?? install(join(folder, "npm"));
  const [work, home] = [join(folder, "work"), join(folder, "home")];
  for (const path of [work, home]) mkdirSync(path);
  // Its first run asks how to sign in; this says it. Nothing is told to its makers.
  mkdirSync(join(home, ".qwen"));
  writeFileSync(
    join(home, ".qwen", "settings.json"),
    JSON.stringify({
      security: { auth: { selectedType: "openai" } },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      general: { disableAutoUpdate: true, enableAutoUpdate: false },
    }),
  );
  writeFileSync(join(work, NEEDLE), "here");
  const manifest = join(place, "node_modules", PACKAGE, "package.json");
  const { version, bin } = JSON.parse(await readFile(manifest, "utf8"));
  const entry = typeof bin === "string" ? bin : Object.values(bin)[0];
  const open = () => Promise.resolve(scriptedModel(work, asked));
  server = await startServer({ open, model: QWQ, plan: null, stateDir: join(folder, "state") });
  const program = join(place, "node_modules", PACKAGE, entry);
  const { code, out, err } = await runQwenCode(program, work, home, server.baseUrl);
  const answered = out.includes(ANSWER);
  const looked = asked.some(({ roles }) => roles.includes("tool"));
  console.log("| client | its tools offered | tool called | answer told | exit |");
  console.log("| --- | --: | --- | --- | --: |");
  const told = [looked, answered].map((one) => (one ? "yes" : "no")).join(" | ");
  console.log(`| ${PACKAGE} ${version} | ${asked[0]?.tools ?? 0} | ${told} | ${code} |`);
  if (!answered || !looked || code !== 0) {
    console.error(out.slice(-2000), err.slice(-2000), JSON.stringify(asked));
    process.exitCode = 1;
  }
} finally {
  await server?.stop({ graceMs: 0 });
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
