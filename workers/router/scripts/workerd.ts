import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readConfig, sageMakerSecretNames } from "@qwq-fit/router";
import { Miniflare } from "miniflare";
import type { ServeOptions } from "./options.ts";

/** The router in workerd; `close` ends it and removes what it wrote. */
export interface RunningWorker {
  readonly url: string;
  /** Ends workerd and starts it anew at the same address, with the same storage: what a deploy does to connections. */
  restart(): Promise<void>;
  /** Takes an object out of memory when nothing runs in it, as sleep does; its sockets stay. */
  evict(object: string, id: string): Promise<void>;
  /** Breaks a node's object with all that runs in it, as a crash does. */
  resetNode(id: string): Promise<void>;
  /** Ids of the objects of a class that have storage. */
  objects(object: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

const NAME = "router";
/** Durable Objects: bindings and classes, as wrangler.jsonc has them. */
const OBJECTS: Readonly<Record<string, string>> = {
  LEDGER: "Ledger",
  ANSWER: "Answer",
  SESSION: "Session",
  NODE: "NodeObject",
  NODE_REGISTRY: "NodeRegistry",
};
const root = dirname(import.meta.dirname);

/** Builds the bundle that would be deployed. */
function buildBundle(folder: string): string {
  const wrangler = join(
    dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
    "bin",
    "wrangler.js",
  );
  execFileSync(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", folder], {
    cwd: root,
    stdio: "pipe",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" },
  });
  const bundle = join(folder, "index.js");
  if (!existsSync(bundle)) throw new Error("wrangler wrote no bundle");
  return bundle;
}

/** Names of the secrets that a configuration uses: nothing else of the environment reaches the Worker. */
function namedSecrets(options: ServeOptions): Record<string, string> {
  const config = readConfig(options.config);
  const names = [
    config.pepperSecret,
    config.answers.webhooks.secret,
    config.sessions?.secret ?? null,
    ...config.nodes.map((node) => node.keySecret),
    ...config.nodes.flatMap((node) => sageMakerSecretNames(node.sagemaker)),
  ];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = name === null ? undefined : options.secrets[name];
      return name === null || value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * A Worker beside the router's, for `resetNode`. Miniflare's own stand-in for a namespace stops this process until
 * workerd answers, and workerd may be waiting for this process to read its log.
 */
const BREAKER = `export default { async fetch(request, env) {
  const id = env.NODE.idFromString(new URL(request.url).pathname.slice(1));
  await env.NODE.get(id).reset().catch(() => null);
  return new Response("reset");
} }`;

/**
 * Starts the router in workerd.
 * @throws {QwqError} `invalid_configuration`, before anything is built
 */
export async function startWorkerd(
  options: ServeOptions,
  onLog: (line: string) => void = console.log,
): Promise<RunningWorker> {
  const secrets = namedSecrets(options);
  const folder = mkdtempSync(join(tmpdir(), "qwq-fit-router-"));
  const clear = (): void => rmSync(folder, { recursive: true, force: true });
  // Miniflare ends this process by itself at an interrupt, and waits for nobody.
  process.once("exit", clear);
  try {
    const source = readFileSync(buildBundle(folder), "utf8");
    const texts = { ...secrets, ROUTER_CONFIG: JSON.stringify(options.config) };
    const settings = (port: number): ConstructorParameters<typeof Miniflare>[0] => ({
      host: options.host,
      port,
      resourcePersistencePath: join(folder, "storage"),
      cf: false,
      handleStructuredLogs: ({ message }) => onLog(message),
      workers: [
        {
          config: {
            name: NAME,
            compatibilityDate: "2026-11-01",
            compatibilityFlags: ["enable_request_signal"],
            manifest: {
              mainModule: "index.js",
              modulesRoot: folder,
              modules: { "index.js": { type: "esm", contents: source } },
            },
            env: {
              ...Object.fromEntries(
                Object.entries(texts).map(([name, value]) => [
                  name,
                  { type: "text", value } as const,
                ]),
              ),
              ...Object.fromEntries(
                Object.entries(OBJECTS).map(([binding, exportName]) => [
                  binding,
                  { type: "durable-object", worker: NAME, exportName } as const,
                ]),
              ),
            },
            exports: Object.fromEntries(
              Object.values(OBJECTS).map((name) => [
                name,
                { type: "durable-object", storage: "sqlite" } as const,
              ]),
            ),
          },
        },
        {
          config: {
            name: "breaker",
            compatibilityDate: "2026-11-01",
            manifest: {
              mainModule: "breaker.js",
              modulesRoot: folder,
              modules: { "breaker.js": { type: "esm", contents: BREAKER } },
            },
            env: { NODE: { type: "durable-object", worker: NAME, exportName: "NodeObject" } },
          },
        },
      ],
    });
    let worker = new Miniflare(settings(options.port));
    const url = await worker.ready;
    return {
      url: url.origin,
      restart: async () => {
        await worker.dispose();
        worker = new Miniflare(settings(Number(url.port)));
        await worker.ready;
      },
      evict: (object, id) =>
        worker.unsafeEvictDurableObject(NAME, object, { id, webSockets: "hibernate" }),
      resetNode: async (id) => {
        const breaker: unknown = await worker.getWorker("breaker");
        const ask: unknown = Reflect.get(Object(breaker), "fetch");
        if (typeof ask !== "function") throw new Error("the breaker cannot be asked");
        await Reflect.apply(ask, breaker, [`http://breaker/${id}`]);
      },
      objects: (object) => worker.listDurableObjectIds(object, NAME),
      close: async () => {
        await worker.dispose();
        process.off("exit", clear);
        clear();
      },
    };
  } catch (error) {
    process.off("exit", clear);
    clear();
    throw error;
  }
}
