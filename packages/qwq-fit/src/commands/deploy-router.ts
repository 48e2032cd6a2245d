import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readConfig, sageMakerSecretNames } from "@qwq-fit/router";
import { QwqError } from "@qwq-fit/schema";
import type { CommandIo } from "../command-io.ts";
import { confirmHere } from "../deploy/confirm.ts";
import { loadWorker } from "../deploy/router/load-worker.ts";
import type { BuiltWorker } from "../deploy/router/load-worker.ts";
import { routerSteps } from "../deploy/router/router-steps.ts";
import type { Step } from "../deploy/router/router-steps.ts";
import { secretNames, wranglerConfig } from "../deploy/router/wrangler-config.ts";
import type { RouterWish } from "../deploy/router/wrangler-config.ts";
import { runProgram } from "../deploy/run-program.ts";
import { EXIT } from "../exit-code.ts";
import { stateDirOf } from "../local/local-places.ts";
import type { DeployRouterOptions } from "../options/deploy-options.ts";

type Json = Readonly<Record<string, unknown>>;

async function readRouterConfig(path: string): Promise<Json> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new QwqError("invalid_configuration", `${path} cannot be read as JSON`, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new QwqError("invalid_configuration", `${path} is no object`);
  }
  return Object.fromEntries(Object.entries(value));
}

/** The wish, of a configuration that the router itself accepts: what it would refuse is not sent. */
async function wishOf(options: DeployRouterOptions): Promise<RouterWish> {
  const routerConfig = await readRouterConfig(options.config);
  const config = readConfig(routerConfig);
  if (config.insecureDev) {
    throw new QwqError(
      "invalid_configuration",
      "insecureDev is for loopback, not for the Internet",
    );
  }
  const secrets = new Set([
    config.pepperSecret,
    // as written: a default that nobody names may well not be used
    ...secretNames(routerConfig),
    ...config.nodes.flatMap((node) => sageMakerSecretNames(node.sagemaker)),
  ]);
  return {
    name: options.name,
    environment: options.env,
    routerConfig,
    secrets: [...secrets].toSorted(),
    placement: options.placement ?? null,
    routes: options.route ?? [],
    accountId: options.accountId ?? null,
    workersAi: config.nodes.some(({ engine, url }) => engine === "workers-ai" && url === ""),
  };
}

/** Files that wrangler is given. */
function filesOf(
  wish: RouterWish,
  { script, config, environments }: BuiltWorker,
): Map<string, Uint8Array> {
  const text = `${JSON.stringify(wranglerConfig(config, environments, wish), null, 2)}\n`;
  return new Map([
    ["wrangler.json", new TextEncoder().encode(text)],
    ["index.js", script],
  ]);
}

const line = ({ program, arguments: words }: Step): string =>
  [program, ...words]
    .map((word) => (/^[\w@%+=:,./-]+$/u.test(word) ? word : JSON.stringify(word)))
    .join(" ");

/** `qwq-fit deploy router`: the edge router on Cloudflare, by wrangler. */
export async function deployRouter(options: DeployRouterOptions, io: CommandIo): Promise<number> {
  const wish = await wishOf(options);
  const files = filesOf(wish, await loadWorker());
  const folder = join(
    stateDirOf(options.stateDir, io.environment),
    "deploy",
    `${wish.name}-${wish.environment}`,
  );
  const local = join(process.cwd(), "node_modules", ".bin", "wrangler");
  const steps = routerSteps(folder, wish, existsSync(local) ? local : null);
  const described = [...files].map(([name, bytes]) => ({
    path: join(folder, name),
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  }));
  const config = new TextDecoder().decode(files.get("wrangler.json"));
  const shown = [
    `Worker     ${wish.name}, environment ${wish.environment}`,
    `Nodes      ${String(readConfig(wish.routerConfig).nodes.length)}`,
    `Secrets    ${wish.secrets.join(", ") || "none"} (by name; their values are put by hand)`,
    "",
    "Files:",
    ...described.map(
      ({ path, bytes, sha256 }) => `  ${path} (${bytes} bytes, sha256 ${sha256.slice(0, 12)})`,
    ),
    "",
    config.trimEnd(),
    "",
    "Runs:",
    ...steps.run.map((step) => `  ${line(step)}`),
    "By hand, once each:",
    ...steps.byHand.map((step) => `  ${line(step)}`),
    "",
    "Costs: Workers Paid from $5 a month where the free plan's limits do not do (unverified).",
    "",
  ].join("\n");
  if (options.dryRun === true) {
    const value = {
      schemaVersion: 1,
      dryRun: true,
      worker: wish.name,
      environment: wish.environment,
      files: described,
      config: JSON.parse(config) as unknown,
      ...steps,
    };
    io.out(options.json === true ? `${JSON.stringify(value)}\n` : `${shown}Nothing was done.\n`);
    return EXIT.fits;
  }
  if (options.json !== true) io.note(shown);
  const confirm = confirmHere(options.confirm, options.json === true);
  if (!(await confirm(`Deploy ${wish.name} to ${wish.environment}?`, wish.name))) {
    io.note("Nothing was done.\n");
    return EXIT.fault;
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
  for (const step of steps.run) {
    await runProgram(step.program, step.arguments, { environment: io.environment, cwd: folder });
  }
  const rest = steps.byHand.map((step) => `  ${line(step)}\n`).join("");
  const value = {
    event: "deployed",
    worker: wish.name,
    environment: wish.environment,
    byHand: steps.byHand,
  };
  io.out(
    options.json === true
      ? `${JSON.stringify(value)}\n`
      : `Deployed. Its secrets, where they are not there yet:\n${rest}`,
  );
  return EXIT.fits;
}
