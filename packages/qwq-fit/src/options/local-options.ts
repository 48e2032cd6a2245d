import type { EngineName, KvCacheType } from "@qwq-fit/schema";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { KV_CACHE_TYPES, NODE_ENGINES } from "./known-words.ts";
import { onOff, oneOf, wholeNumber } from "./parse-values.ts";

/** Options of the commands about what runs on this machine. */
export interface LocalOptions {
  readonly json?: boolean;
  readonly stateDir?: string;
}

/** Options of `pull`. */
export interface PullOptions {
  readonly json?: boolean;
  readonly quantization?: string;
  readonly context?: number;
}

/** What `serve` and `chat` can be told of the plan. */
export interface RunOptions extends LocalOptions {
  readonly model?: string;
  readonly yes?: boolean;
  readonly context?: number;
  readonly concurrency?: number;
  readonly quantization?: string;
  readonly kvCacheType?: KvCacheType;
  readonly batch?: number;
  readonly threads?: number;
  readonly mmap?: boolean;
  readonly flashAttention?: boolean;
  readonly offloadedLayers?: number;
  readonly lora?: readonly { readonly path: string; readonly scale: number }[];
}

/** Options of `serve`. */
export interface ServeOptions extends RunOptions {
  readonly port: number;
  readonly host: string;
  readonly apiKey?: string;
  readonly corsOrigin?: readonly string[];
  readonly idleMinutes?: number;
  readonly attach?: string;
  readonly join?: string;
  readonly code?: string;
  readonly nodeName?: string;
  readonly insecureHttp?: boolean;
  readonly lan?: boolean;
  readonly dryRun?: boolean;
}

/** Options of `chat`. */
export interface ChatOptions extends RunOptions {
  readonly url?: string;
  readonly apiKey?: string;
  readonly system?: string;
  readonly thoughts?: "show" | "fold" | "hide";
}

/** Options of `stop`. */
export interface StopOptions extends LocalOptions {
  readonly all?: boolean;
}

/** A node as `--node` names it: one of the router's configuration. */
interface NamedNode {
  readonly name: string;
  readonly url: string;
  readonly engine: string;
}

/** Options of `router`. */
export interface RouterOptions {
  readonly config?: string;
  readonly node?: readonly NamedNode[];
  readonly port: number;
  readonly host: string;
  readonly insecureDev?: boolean;
  readonly join?: boolean;
  readonly stateDir?: string;
  readonly json?: boolean;
}

/** Options of `node describe`. */
export interface NodeOptions {
  readonly engine?: EngineName;
  readonly quantization?: string;
  readonly context?: number;
  readonly concurrency?: number;
  readonly apiKey?: string;
  readonly json?: boolean;
}

/** Sequences that llama.cpp can hold: llama.cpp v0.5.0 src/llama-cparams.h, LLAMA_MAX_SEQ. */
const MOST_SEQUENCES = 256;
/** Threads that ggml can have: llama.cpp v0.5.0 ggml/include/ggml.h, GGML_MAX_N_THREADS. */
const MOST_THREADS = 512;
const MOST_PORT = 65_535;

/** `option` with each value added to a list. */
function collect<Value>(
  parse: (text: string) => Value,
): (text: string, before?: Value[]) => Value[] {
  return (text, before = []) => [...before, parse(text)];
}

/** "adapter.gguf" or "adapter.gguf:0.5". */
function parseLora(text: string): { path: string; scale: number } {
  const [, path = text, scale = "1"] = /^(.+):(\d+(?:\.\d+)?)$/u.exec(text) ?? [];
  return { path, scale: Number(scale) };
}

/** An origin such as https://app.example. */
function parseOrigin(text: string): string {
  if (/^https?:\/\/[^/*\s]+$/u.test(text)) return text;
  throw new InvalidArgumentError("It must be an origin, such as https://app.example.");
}

/**
 * "studio=http://10.0.0.2:8080", or with another engine than ours before the address: "gpu=vllm+http://10.0.0.3:8000".
 * A SageMaker endpoint: "aws=sagemaker:ENDPOINT@REGION".
 */
function parseNode(text: string): NamedNode {
  const [, service, endpoint] = /^([^=]+)=(sagemaker(?:\+invoke)?:.+@.+)$/u.exec(text) ?? [];
  if (service !== undefined && endpoint !== undefined) {
    return { name: service, url: endpoint, engine: "sagemaker" };
  }
  const [, name, engine = "node-llama-cpp", address = ""] =
    /^([^=]+)=(?:([a-z-]+)\+)?(https?:.+)$/u.exec(text) ?? [];
  if (name === undefined || !URL.canParse(address)) {
    throw new InvalidArgumentError(
      "It must be name=http://host:port or name=sagemaker:ENDPOINT@REGION.",
    );
  }
  const url = new URL(address).pathname === "/" ? `${address.replace(/\/+$/u, "")}/v1` : address;
  return { name, url, engine };
}

const STATE_DIR = "where servers leave their state";

export function addLocalOptions(command: Command): Command {
  return command.option("--state-dir <folder>", STATE_DIR).option("--json", "print JSON");
}

export function addPullOptions(command: Command): Command {
  return command
    .option("-q, --quantization <name>", "instead of the plan's choice")
    .option("-c, --context <tokens>", "context to choose it for", wholeNumber(1))
    .option("--json", "print JSON, one object a line");
}

function addRunOptions(command: Command): Command {
  return command
    .option("-m, --model <name or file>", "the same as the argument")
    .option("-y, --yes", "agree to downloads")
    .option("-c, --context <tokens>", "context of one sequence", wholeNumber(1))
    .option("--concurrency <n>", "sequences side by side", wholeNumber(1, MOST_SEQUENCES))
    .option("-q, --quantization <name>", "instead of the plan's choice")
    .option("--kv-cache-type <type>", "type of the KV cache", oneOf(...KV_CACHE_TYPES))
    .option("--batch <tokens>", "the engine's batch size", wholeNumber(1))
    .option("--threads <n>", "threads that compute", wholeNumber(1, MOST_THREADS))
    .option("--mmap <on|off>", "map the file instead of reading it", onOff)
    .option("--flash-attention <on|off>", "flash attention", onOff)
    .option("--offloaded-layers <n>", "layers on the GPU", wholeNumber(0))
    .option("--lora <file[:scale]>", "LoRA adapter; may come again", collect(parseLora));
}

export function addServeOptions(command: Command): Command {
  const options = addRunOptions(command)
    .option("-p, --port <port>", "0: any free one", wholeNumber(0, MOST_PORT), 0)
    .option("--host <address>", "beyond loopback a key is needed", "127.0.0.1")
    .option("--api-key <key>", "asked of callers (or QWQ_FIT_API_KEY)")
    .option("--cors-origin <origin>", "page that may call; may come again", collect(parseOrigin))
    .option("--idle-minutes <n>", "unload the model when unused", wholeNumber(1))
    .option(
      "--attach <URL>",
      "serve what an engine runs here already: Ollama, LM Studio, vLLM, MLX",
    )
    .option("--lan", "for machines in this network that are paired by a code")
    .option("--join <router>", "become a node of this router")
    .option("--code <code>", "the one-time code for --join; later not needed")
    .option("--node-name <name>", "the node's name (default: the host's)")
    .option("--insecure-http", "a router over plain http beyond this machine")
    .option("--dry-run", "print plan and settings, start nothing");
  return addLocalOptions(options);
}

export function addChatOptions(command: Command): Command {
  return addRunOptions(command)
    .option("--url <base URL>", "chat with this server")
    .option("--api-key <key>", "for that server (or QWQ_FIT_API_KEY)")
    .option("--system <text>", "system prompt")
    .addOption(
      new Option("--thoughts <how>", "show, fold or hide").argParser(oneOf("show", "fold", "hide")),
    )
    .option("--state-dir <folder>", STATE_DIR);
}

export function addRouterOptions(command: Command): Command {
  return command
    .option("--config <file>", "the router's configuration, JSON")
    .option(
      "--node <name=url>",
      "a node, or name=sagemaker:ENDPOINT@REGION; may come again",
      collect(parseNode),
    )
    .option("-p, --port <port>", "0: any free one", wholeNumber(0, MOST_PORT), 0)
    .option("--host <address>", "where to listen", "127.0.0.1")
    .option("--insecure-dev", "no keys: serve everybody on loopback")
    .option("--join", "let machines join by one-time codes")
    .option("--state-dir <folder>", "where it is kept which have joined")
    .option("--json", "print JSON, one object a line");
}

export function addNodeOptions(command: Command): Command {
  return command
    .option("--engine <name>", "the engine of the node", oneOf(...NODE_ENGINES))
    .option("-q, --quantization <name>", "only this one")
    .option("-c, --context <tokens>", "context of one sequence", wholeNumber(1))
    .option("--concurrency <n>", "sequences side by side", wholeNumber(1, MOST_SEQUENCES))
    .option("--api-key <key>", "of the server at the URL")
    .option("--json", "print JSON");
}
