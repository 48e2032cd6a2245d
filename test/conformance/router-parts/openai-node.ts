import { execFileSync, type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

const NEEDED = ["src", "tests/api-resources", "api_reference/openapi.transformed.yml"];
/** The mock that the SDK's own tests run against, and the runner; versions as its scripts and its lock have them. */
const PACKAGES = ["@stdy/cli@0.22.1", "vitest@4.1.10", "undici@8.9.0"];

/** Files of generated tests for what the router offers, and which of their tests are not run, and why. */
const FILES: readonly (readonly [string, readonly (readonly [RegExp, string])[]])[] = [
  [
    "chat/completions/completions",
    [[/retrieve|update|list|delete/, "answers are not stored under OpenAI's paths"]],
  ],
  ["completions", []],
  ["embeddings", []],
  [
    "models",
    [
      [/delete/, "nobody deletes a node's model from here"],
      [/retrieve/, "the mock's node lists no models, so none can be told of alone"],
    ],
  ],
  [
    "responses/responses",
    [
      [/^resource responses create$/, "asks for nothing: it has neither a model nor an input"],
      [/retrieve|delete|cancel|compact/, "answers are not stored under OpenAI's paths"],
    ],
  ],
];

/** One test of the suite, as it ended. */
export interface SuiteResult {
  readonly file: string;
  readonly name: string;
  /** "passed", "failed: …", or "not run: …". */
  readonly told: string;
}

/** The suite and its tools in `folder`. */
export function bringOpenAiNode(checkout: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (existsSync(join(checkout, "package.json"))) {
    for (const path of NEEDED)
      cpSync(join(checkout, path), join(folder, path), { recursive: true });
  } else {
    const archive = execFileSync("git", ["-C", checkout, "archive", "HEAD", "--", ...NEEDED], {
      maxBuffer: 2 ** 28,
    });
    execFileSync("tar", ["-x", "-C", folder], { input: archive });
  }
  writeFileSync(join(folder, "package.json"), '{"private":true,"type":"commonjs"}');
  const flags = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  execFileSync("npm", ["install", "--no-save", ...PACKAGES, ...flags], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  writeFileSync(
    join(folder, "vitest.config.mjs"),
    `import path from "node:path";
export default {
  resolve: { alias: [
    { find: /^openai$/, replacement: path.resolve(import.meta.dirname, "src/index.ts") },
    { find: /^openai\\/(.*)$/, replacement: path.resolve(import.meta.dirname, "src/$1") },
  ] },
  test: { globals: true, testTimeout: 120000, fileParallelism: false },
};`,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

/** Steady, which answers by OpenAI's specification and refuses what breaks it. */
export async function startSteady(folder: string): Promise<{ url: string; stop: () => void }> {
  const port = await freePort();
  const program = join(folder, "node_modules/.bin/steady");
  const formats = ["query-array", "form-array", "query-object", "form-object"];
  const flags = formats.map((one) => `--validator-${one}-format=brackets`);
  const spec = join(folder, "api_reference/openapi.transformed.yml");
  const child: ChildProcess = spawn(
    program,
    ["--host", "127.0.0.1", "-p", String(port), ...flags, spec],
    { stdio: "ignore" },
  );
  const url = `http://127.0.0.1:${port}`;
  let ended = false;
  child.on("exit", () => (ended = true));
  for (;;) {
    const healthy = await fetch(`${url}/_x-steady/health`).catch(() => null);
    await healthy?.body?.cancel();
    if (healthy?.ok === true) return { url, stop: () => void child.kill() };
    if (ended) throw new Error("the mock ended before it was ready");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

interface Told {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs the generated tests against `baseUrl`. */
export async function runOpenAiNode(folder: string, baseUrl: string): Promise<SuiteResult[]> {
  const output = join(folder, "results.json");
  const files = FILES.map(([file]) => join("tests/api-resources", `${file}.test.ts`));
  const program = join(folder, "node_modules/vitest/vitest.mjs");
  const child = spawn(
    process.execPath,
    [program, "run", "--reporter=json", `--outputFile=${output}`, ...files],
    { cwd: folder, stdio: "ignore", env: { ...process.env, TEST_API_BASE_URL: baseUrl } },
  );
  await new Promise((resolve) => child.on("close", resolve));
  const told: Told = JSON.parse(readFileSync(output, "utf8"));
  return told.testResults.flatMap(({ name, assertionResults }) => {
    const [file, excluded] =
      FILES.find(([one]) => name.replaceAll("\\", "/").endsWith(`api-resources/${one}.test.ts`)) ??
      [];
    if (file === undefined || excluded === undefined) return [];
    return assertionResults.map(({ fullName, status, failureMessages }) => {
      const reason = excluded.find(([pattern]) => pattern.test(fullName))?.[1];
      const failure = failureMessages.join(" ").split("\n", 1)[0]?.slice(0, 200) ?? "";
      const ran = status === "passed" ? "passed" : `failed: ${failure}`;
      return { file, name: fullName, told: reason === undefined ? ran : `not run: ${reason}` };
    });
  });
}
