import type { Estimate, NodeCapabilities, NodeModel, NodePerformance } from "@qwq-fit/schema";
import type { NodeConfig, ProbeKind } from "./config.ts";
import type { FieldReader } from "./read.ts";
import { readEndpoint } from "../sagemaker/read-endpoint.ts";

const ENGINES = [
  "node-llama-cpp",
  "llama-server",
  "ollama",
  "lm-studio",
  "vllm",
  "sglang",
  "vllm-ascend",
  "mindie",
  "mlx",
  "sophon",
  "birensupa",
  "openai-compatible",
  "workers-ai",
  "sagemaker",
] as const satisfies readonly [NodeConfig["engine"], ...NodeConfig["engine"][]];

const PROBES: readonly [ProbeKind, ...ProbeKind[]] = [
  "qwq-fit",
  "llama-server",
  "vllm",
  "sglang",
  "ollama",
  "lm-studio",
  "openai",
  "none",
];

/** The probe that tells most about an engine. */
const PROBE_OF: Partial<Record<NodeConfig["engine"], ProbeKind>> = {
  "node-llama-cpp": "qwq-fit",
  "llama-server": "llama-server",
  vllm: "vllm",
  "vllm-ascend": "vllm",
  sglang: "sglang",
  ollama: "ollama",
  "lm-studio": "lm-studio",
};

/** One node. */
export function readNode(reader: FieldReader): NodeConfig {
  const name = reader.text("name");
  if (name !== "" && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) {
    reader.problem("name", "must be of letters, digits, dot, dash and underscore, at most 63");
  }
  // "kind" is another word for it, for nodes that are a service and no engine.
  const engine = reader.choice(
    reader.has("kind") ? "kind" : "engine",
    ENGINES,
    "openai-compatible",
  );
  // Without a URL Workers AI is reached by its binding, SageMaker by its own transport.
  const named = engine === "workers-ai" || engine === "sagemaker";
  const url = named ? (reader.textOrNull("url") ?? "") : reader.text("url");
  const wrong = url === "" ? null : urlProblem(url);
  if (wrong !== null) reader.problem("url", wrong);
  return {
    name,
    engine,
    url: url.replace(/\/+$/, ""),
    keySecret: reader.textOrNull("keySecret"),
    // An endpoint's text stays in its region.
    privacy: reader.choice(
      "privacy",
      ["device", "own-network", "region", "any"],
      engine === "sagemaker" ? "region" : "any",
    ),
    region: reader.textOrNull("region"),
    models: reader.list("models", readModel),
    slots: reader.number("slots", 1, 1, 100_000),
    capabilities: readCapabilities(reader.object("capabilities"), engine),
    performance: reader.list("performance", readPerformance),
    probe: reader.choice("probe", PROBES, PROBE_OF[engine] ?? "none"),
    upstreamModel: reader.textOrNull("upstreamModel"),
    endpoint: reader.textOrNull("endpoint"),
    sagemaker: engine === "sagemaker" ? readEndpoint(reader, url) : null,
  };
}

/**
 * Link-local addresses and the clouds' metadata services, as the URL parser spells them: 169.254/16 plain,
 * mapped, compatible and behind NAT64; fe80::/10; AWS's fd00:ec2::254; Alibaba's 100.100.100.200.
 */
const METADATA =
  /^(169\.254\.|0\.|100\.100\.100\.200$|\[fe[89ab]|\[::(ffff:)?a9fe:|\[64:ff9b::a9fe:|\[fd00:ec2::254\]|\[::\]$)/i;

/** Why the text is no base URL of a node; null where it is one. */
function urlProblem(text: string): string | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "is no URL";
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return "must start with http:// or https://";
  if (url.username !== "" || url.password !== "")
    return "must not hold a user or a password: name a keySecret";
  if (url.search !== "" || url.hash !== "") return "must end with its path";
  // The parser turns every spelling of an address (2130706433, 0x7f.1) into the dotted one.
  if (METADATA.test(url.hostname)) {
    return "must not be a link-local or metadata address";
  }
  if (/^metadata(\.|$)/i.test(url.hostname)) return "must not be a metadata service";
  return null;
}

function readModel(reader: FieldReader): NodeModel {
  return {
    id: reader.text("id"),
    aliases: reader.texts("aliases"),
    quantization: reader.textOrNull("quantization"),
    contextTokens: reader.numberOrNull("contextTokens", 1, 1e9),
    maxOutputTokens: reader.numberOrNull("maxOutputTokens", 1, 1e9),
    inputUsdPerMillionTokens: reader.numberOrNull("inputUsdPerMillionTokens", 0, 1e6),
    outputUsdPerMillionTokens: reader.numberOrNull("outputUsdPerMillionTokens", 0, 1e6),
  };
}

function readCapabilities(reader: FieldReader, engine: NodeConfig["engine"]): NodeCapabilities {
  const capabilities: NodeCapabilities = {
    tools: reader.flag("tools", true),
    jsonSchema: reader.flag("jsonSchema", true),
    vision: reader.flag("vision", false),
    embeddings: reader.flag("embeddings", engine !== "sagemaker"),
    logprobs: reader.flag("logprobs", true),
    // Only our own server promises to go on inside a thought; others are configured to.
    continuation: reader.flag("continuation", engine === "node-llama-cpp"),
    // SageMaker routes chat alone.
    apis: engine === "sagemaker" ? ["chat"] : ["chat", "completions", "embeddings"],
  };
  reader.finish();
  return capabilities;
}

/** What somebody typed is not a measurement of today: ±30 %. */
const around = (expected: number): Estimate => ({
  low: expected * 0.7,
  expected,
  high: expected * 1.3,
  coverage: 0.8,
  method: "predicted",
  sources: ["the router's configuration"],
});

/** A stated speed. */
function readPerformance(reader: FieldReader): NodePerformance {
  return {
    model: reader.text("model"),
    promptTokens: reader.number("promptTokens", 1024, 1, 1e9),
    concurrency: reader.number("concurrency", 1, 1, 1e6),
    prefillTokensPerSecond: around(reader.number("prefillTokensPerSecond", null, 0.001, 1e9)),
    decodeTokensPerSecond: around(reader.number("decodeTokensPerSecond", null, 0.001, 1e9)),
  };
}
