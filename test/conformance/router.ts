// Suites of others against the router, from checkouts that you bring; prints the docs' tables.
//   node test/conformance/router.ts [--on node|workerd] [--open-responses CHECKOUT] [--openai-node CHECKOUT]
// CHECKOUT is a work tree or a git directory of github.com/openresponses/openresponses, or of github.com/openai/openai-node.
// The first runs against the router before a node that talks and calls tools by chat completions; the second, the
// official SDK's generated tests, against the router before Steady, a mock that holds requests and answers to OpenAI's
// specification. What the suites need comes from npm into a folder of its own, which goes afterwards.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bringOpenAiNode, runOpenAiNode, startSteady } from "./router-parts/openai-node.ts";
import { startRouter } from "./router-parts/start-router.ts";
import { startTalkingNode } from "./router-parts/talking-node.ts";

const { values } = parseArgs({
  options: {
    on: { type: "string", default: "node" },
    "open-responses": { type: "string" },
    "openai-node": { type: "string" },
  },
});

/** The suite's own script prints its table. */
async function openResponses(checkout: string): Promise<boolean> {
  const node = await startTalkingNode();
  const router = await startRouter(values.on, node.url);
  try {
    const script = join(import.meta.dirname, "open-responses.mjs");
    const child = spawn(process.execPath, [script, checkout, "--url", `${router.url}/v1`], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    return (await new Promise((resolve) => child.on("close", resolve))) === 0;
  } finally {
    await router.close();
    node.close();
  }
}

async function openAiNode(checkout: string): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "openai-node-"));
  try {
    bringOpenAiNode(checkout, folder);
    const steady = await startSteady(folder);
    const router = await startRouter(values.on, steady.url);
    try {
      const results = await runOpenAiNode(folder, `${router.url}/v1`);
      const commit = execFileSync("git", ["-C", checkout, "log", "-1", "--format=%h of %cs"], {
        encoding: "utf8",
      }).trim();
      console.log(`Suite: github.com/openai/openai-node, ${commit}, generated tests.\n`);
      console.log("| file | test | result |\n| --- | --- | --- |");
      for (const { file, name, told } of results) {
        console.log(`| ${file} | ${name.replace(/^resource \w+ /, "")} | ${told} |`);
      }
      const ran = results.filter(({ told }) => !told.startsWith("not run"));
      const passed = ran.filter(({ told }) => told === "passed").length;
      console.log(`\n${passed} of ${ran.length} passed, ${results.length - ran.length} not run.`);
      return ran.length > 0 && passed === ran.length;
    } finally {
      await router.close();
      steady.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const suites = [
  [values["open-responses"], openResponses],
  [values["openai-node"], openAiNode],
] as const;
if (suites.every(([checkout]) => checkout === undefined)) {
  console.error("Say where a checkout is: --open-responses CHECKOUT, --openai-node CHECKOUT.");
  process.exitCode = 2;
}
for (const [checkout, run] of suites) {
  if (checkout !== undefined && !(await run(checkout))) process.exitCode = 1;
}
