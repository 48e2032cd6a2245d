// The Open Responses compliance suite against a server of ours, from a checkout that you bring; prints the docs' table.
//   node test/conformance/open-responses.mjs CHECKOUT [--url http://127.0.0.1:8787/v1] [--key KEY] [--model NAME]
//     [--tool-url URL: where the model calls get_weather, if not at --url] [--only id,id]
// CHECKOUT (or OPEN_RESPONSES_CHECKOUT) is a work tree or a git directory of github.com/openresponses/openresponses. Without
// --url it starts the built `qwq-fit serve` twice with scripted models, one that talks and one that calls the tool.
// The suite is made to send the header "OpenResponses-Version: latest", as the specification's own examples do: it names the
// events of thought otherwise than OpenAI's SDK, so a server that serves both must be told which.
// The suite's own dependency, zod, and tsx to run it come from npm into a folder of their own, which goes afterwards.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { writeScriptedGguf } from "../../packages/models/src/node/index.ts";

const ROOT = resolve(import.meta.dirname, "..", "..");
/** What the suite imports at run time; its lock asks for zod ^3.25.76. */
const PACKAGES = ["zod@3.25.76", "tsx@4"];
const NEEDED = ["bin/compliance-test.ts", "src/lib", "src/generated", "package.json"];

/** Ids that are not run, and why. */
const EXCLUDED = [
  [/^websocket-/u, "no WebSocket transport: answers stream as server-sent events"],
  [/^compact-/u, "no /responses/compact: nothing is stored, so there is no history to compact"],
  [/^image-input$/u, "text models alone: an image is refused with a typed error"],
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: "string" },
    "tool-url": { type: "string" },
    key: { type: "string", default: "none" },
    model: { type: "string", default: "scripted" },
    only: { type: "string" },
  },
});
const checkout = positionals[0] ?? process.env.OPEN_RESPONSES_CHECKOUT;
if (checkout === undefined) {
  console.error("Say where the checkout of github.com/openresponses/openresponses is.");
  process.exit(2);
}

/** The suite in a folder of its own, with what it needs to run. */
function bringSuite(folder) {
  const suite = join(folder, "suite");
  mkdirSync(suite);
  if (existsSync(join(checkout, NEEDED[0]))) {
    for (const path of NEEDED) cpSync(join(checkout, path), join(suite, path), { recursive: true });
  } else {
    const archive = execFileSync("git", ["-C", checkout, "archive", "HEAD", "--", ...NEEDED], {
      maxBuffer: 2 ** 28,
    });
    execFileSync("tar", ["-x", "-C", suite], { input: archive });
  }
  const flags =
    "--no-save --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error";
  const tools = join(folder, "tools");
  mkdirSync(tools);
  execFileSync("npm", ["install", "--prefix", tools, ...PACKAGES, ...flags.split(" ")], {
    cwd: tools,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  cpSync(join(tools, "node_modules"), join(suite, "node_modules"), { recursive: true });
  return suite;
}

function suiteCommit() {
  try {
    const run = (args) =>
      execFileSync("git", ["-C", checkout, ...args], { encoding: "utf8" }).trim();
    return run(["log", "-1", "--format=%h of %cs"]);
  } catch {
    return "a checkout without history";
  }
}

/** Ids of all tests that the suite has. */
async function listIds(suite) {
  const program = join(suite, "list-ids.ts");
  await writeFile(
    program,
    'import { testTemplates } from "./src/lib/compliance-tests";\nconsole.log(JSON.stringify(testTemplates.map(({ id, name }) => ({ id, name }))));\n',
  );
  return JSON.parse(execFileSync(process.execPath, [tsxOf(suite), program], { encoding: "utf8" }));
}

function tsxOf(suite) {
  return join(suite, "node_modules", "tsx", "dist", "cli.mjs");
}

const VERSIONED_FETCH = `const plain = globalThis.fetch;
globalThis.fetch = (url, init = {}) =>
  plain(url, { ...init, headers: { ...init.headers, "OpenResponses-Version": "latest" } });
`;

/** The suite's own results for these ids. Its exit code says that a test failed; its JSON says which. */
async function runSuite(suite, url, ids) {
  if (ids.length === 0) return [];
  const args = [
    "bin/compliance-test.ts",
    "-u",
    url,
    "-m",
    values.model,
    "-f",
    ids.join(","),
    "--json",
  ];
  const preload = join(suite, "versioned-fetch.mjs");
  await writeFile(preload, VERSIONED_FETCH);
  const child = spawn(process.execPath, [tsxOf(suite), ...args], {
    cwd: suite,
    env: {
      ...process.env,
      // A key in an argument would be seen by everybody on this machine.
      OPENRESPONSES_API_KEY: values.key,
      NODE_OPTIONS: `--import=${pathToFileURL(preload).href}`,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  await once(child, "close");
  return JSON.parse(text).results;
}

/** `serve` with a model that says this; ends with `stop`. */
async function startServe(folder, name, script) {
  const file = join(folder, `${name}.gguf`);
  await writeScriptedGguf(file, script);
  const program = join(ROOT, "packages", "qwq-fit", "bin", "qwq-fit.mjs");
  const args = ["serve", file, "--context", "2048", "--threads", "1", "--yes", "--json"];
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, QWQ_FIT_STATE_DIR: join(folder, `${name}-state`) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line);
    if (event.event === "ready") {
      child.stdout.resume();
      return { url: event.url, stop };
    }
  }
  throw new Error("serve ended before it was ready");
}

const CALL = '\n{"name": "get_weather", "arguments": {"location": "San Francisco, CA"}}\n';

async function main(folder) {
  const suite = bringSuite(folder);
  const only = values.only?.split(",");
  const all = await listIds(suite);
  const reasonOf = (id) => EXCLUDED.find(([pattern]) => pattern.test(id))?.[1] ?? null;
  const wanted = all.filter(({ id }) => only?.includes(id) ?? reasonOf(id) === null);
  const servers = [];
  try {
    let [url, toolUrl] = [values.url, values["tool-url"] ?? values.url];
    if (url === undefined) {
      servers.push(await startServe(folder, "talks", { thinkWords: 5, words: 10 }));
      const answer = ["<tool_call>", CALL, "</tool_call>"];
      servers.push(await startServe(folder, "calls", { thinkWords: 5, answer }));
      [url, toolUrl] = servers.map((server) => server.url);
    }
    const ids = wanted.map(({ id }) => id);
    const results = [
      ...(await runSuite(
        suite,
        url,
        ids.filter((id) => id !== "tool-calling"),
      )),
      ...(await runSuite(
        suite,
        toolUrl,
        ids.filter((id) => id === "tool-calling"),
      )),
    ];
    return report(all, wanted, results, reasonOf);
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** The docs' table; true where all that ran passed. */
function report(all, wanted, results, reasonOf) {
  const byId = new Map(results.map((result) => [result.id, result]));
  console.log(`Suite: github.com/openresponses/openresponses, ${suiteCommit()}.\n`);
  console.log("| test | id | result |");
  console.log("| --- | --- | --- |");
  for (const { id, name } of all) {
    const result = byId.get(id);
    const told = result?.status ?? `not run: ${reasonOf(id) ?? "not asked for"}`;
    const errors = (result?.errors ?? []).join("; ").slice(0, 300).replaceAll("|", "\\|");
    console.log(`| ${name} | \`${id}\` | ${told}${errors === "" ? "" : `: ${errors}`} |`);
  }
  const passed = results.filter(({ status }) => status === "passed").length;
  console.log(`\n${passed} of ${wanted.length} passed, ${all.length - wanted.length} not run.`);
  return passed === wanted.length;
}

const folder = await mkdtemp(join(tmpdir(), "open-responses-"));
try {
  process.exitCode = (await main(folder)) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
