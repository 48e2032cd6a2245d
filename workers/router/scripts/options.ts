import { parseArgs } from "node:util";
import { readSageMakerAddress } from "@qwq-fit/router";

/** What the router is started with on this machine. */
export interface ServeOptions {
  /** The router's configuration as JSON. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly port: number;
  readonly host: string;
  readonly json: boolean;
  /** Secrets by name, from the environment. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** How the command is used. */
export const USAGE = `Runs the edge router in workerd on this machine: the production bundle, real sockets.

  npm run router -- --node name=http://127.0.0.1:8080/v1 [--node …] [--insecure-dev]
  npm run router -- --config router.json

  --node NAME=URL   a node; any model is tried on it (give a --config for models, prices, capabilities).
                    NAME=ENGINE+URL names what serves there (node-llama-cpp is \`qwq-fit serve\`, vllm, ollama, …):
                    then its models and its state are known
                    or a SageMaker endpoint: NAME=sagemaker:ENDPOINT@REGION
  --config FILE     the whole configuration (nodes, keys, policy, limits) as JSON
  --port N          default 8787; 0 for any
  --host ADDRESS    default 127.0.0.1
  --insecure-dev    serves without API keys
  --json            one JSON object a line: {"event":"ready","url":…}

Secrets that the configuration names are taken from the environment.`;

/** Reads the command line. Throws an Error whose message is for people. */
export function readOptions(
  args: readonly string[],
  readFile: (path: string) => string,
  environment: Readonly<Record<string, string | undefined>>,
): ServeOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      node: { type: "string", multiple: true, default: [] },
      config: { type: "string" },
      port: { type: "string", default: "8787" },
      host: { type: "string", default: "127.0.0.1" },
      "insecure-dev": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error("--port takes a number from 0 to 65535");
  const given = values.config === undefined ? {} : readGiven(values.config, readFile);
  const base = typeof given === "object" && given !== null ? given : {};
  const listed: unknown = Reflect.get(base, "nodes");
  const nodes = values.node.map((text) => {
    const equals = text.indexOf("=");
    if (equals < 1) throw new Error(`--node takes NAME=URL, not ${text}`);
    const [name, url] = [text.slice(0, equals), text.slice(equals + 1)];
    return readSageMakerAddress(name, url) ?? { name, ...addressOf(url) };
  });
  return {
    config: {
      ...base,
      ...(values["insecure-dev"] ? { insecureDev: true } : {}),
      nodes: [...(Array.isArray(listed) ? listed : []), ...nodes],
    },
    port,
    host: values.host,
    json: values.json,
    secrets: Object.fromEntries(
      Object.entries(environment).flatMap(([name, value]) =>
        value !== undefined && /^[A-Z][A-Z0-9_]*$/.test(name) ? [[name, value]] : [],
      ),
    ),
  };
}

/** "vllm+http://10.0.0.3:8000" or a URL alone. An origin is a server's root, as `qwq-fit router --node` takes it. */
function addressOf(text: string): { readonly url: string; readonly engine?: string } {
  const [, engine, address = text] = /^([a-z-]+)\+(https?:.+)$/u.exec(text) ?? [];
  const atRoot = URL.canParse(address) && new URL(address).pathname === "/";
  const url = atRoot ? `${address.replace(/\/+$/u, "")}/v1` : address;
  return engine === undefined ? { url } : { url, engine };
}

function readGiven(path: string, readFile: (path: string) => string): unknown {
  let text: string;
  try {
    text = readFile(path);
  } catch {
    throw new Error(`${path} cannot be read`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path} holds no JSON`);
  }
}
