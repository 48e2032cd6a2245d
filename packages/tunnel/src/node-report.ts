import { QwqError } from "@qwq-fit/schema";
import type {
  Estimate,
  NodeCapabilities,
  NodeModel,
  NodePerformance,
  NodeSnapshot,
  NodeState,
  ServingNode,
} from "@qwq-fit/schema";
import { objectOf } from "./json.ts";

/** How busy a node is at this moment. */
export interface NodeLoad {
  readonly state: NodeState;
  readonly inFlight: number;
  readonly queued: number;
  readonly power: NodeSnapshot["power"];
  readonly performance: readonly NodePerformance[];
}

/** What a node says of itself when it dials in. */
export interface NodeHello {
  /** Version of the agent. */
  readonly agent: string;
  readonly engine: ServingNode["engine"];
  readonly models: readonly NodeModel[];
  readonly slots: number;
  readonly capabilities: NodeCapabilities;
  readonly load: NodeLoad;
}

/** Entries of a list that are read; the rest is left out. */
const MOST_ENTRIES = 64;
const MOST_TEXT = 200;
const STATES: readonly NodeState[] = ["serveable", "loading", "saturated", "down", "unknown"];
const APIS = ["chat", "completions", "embeddings", "responses", "messages"] as const;

const listOf = (value: unknown): readonly unknown[] => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  return list.slice(0, MOST_ENTRIES);
};
const textOf = (value: unknown): string =>
  typeof value === "string" ? value.slice(0, MOST_TEXT) : "";
const numberOf = (value: unknown, most: number): number | null =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? Math.min(value, most) : null;
const countOf = (value: unknown): number => Math.floor(numberOf(value, 1e6) ?? 0);

function modelOf(value: unknown): NodeModel[] {
  const model = objectOf(value);
  const id = textOf(model["id"]);
  if (id === "") return [];
  return [
    {
      id,
      aliases: listOf(model["aliases"]).map(textOf).filter(Boolean),
      quantization: textOf(model["quantization"]) || null,
      contextTokens: numberOf(model["contextTokens"], 1e9),
      maxOutputTokens: numberOf(model["maxOutputTokens"], 1e9),
      inputUsdPerMillionTokens: numberOf(model["inputUsdPerMillionTokens"], 1e6),
      outputUsdPerMillionTokens: numberOf(model["outputUsdPerMillionTokens"], 1e6),
    },
  ];
}

function estimateOf(value: unknown): Estimate | null {
  const told = objectOf(value);
  const [low, expected, high] = ["low", "expected", "high"].map((key) => numberOf(told[key], 1e9));
  if (low == null || expected == null || high == null || expected === 0) return null;
  return {
    low,
    expected,
    high,
    coverage: Math.min(1, numberOf(told["coverage"], 1) ?? 0),
    method: told["method"] === "measured" ? "measured" : "predicted",
    sources: listOf(told["sources"]).map(textOf).slice(0, 8),
  };
}

function performanceOf(value: unknown): NodePerformance[] {
  const row = objectOf(value);
  const prefill = estimateOf(row["prefillTokensPerSecond"]);
  const decode = estimateOf(row["decodeTokensPerSecond"]);
  const model = textOf(row["model"]);
  if (prefill === null || decode === null || model === "") return [];
  return [
    {
      model,
      promptTokens: countOf(row["promptTokens"]),
      concurrency: Math.max(1, countOf(row["concurrency"])),
      prefillTokensPerSecond: prefill,
      decodeTokensPerSecond: decode,
    },
  ];
}

function powerOf(value: unknown): NodeLoad["power"] {
  if (typeof value !== "object" || value === null) return null;
  const told = objectOf(value);
  return { onBattery: told["onBattery"] === true, meteredNetwork: told["meteredNetwork"] === true };
}

/** The models that a node says it serves; what is none of them is left out. */
export function readModels(value: unknown): NodeModel[] {
  return listOf(value).flatMap(modelOf);
}

/** A node's word on its load: read within bounds, unknown fields left out. */
export function readLoad(value: unknown): NodeLoad {
  const load = objectOf(value);
  return {
    state: STATES.find((state) => state === load["state"]) ?? "unknown",
    inFlight: countOf(load["inFlight"]),
    queued: countOf(load["queued"]),
    power: powerOf(load["power"]),
    performance: listOf(load["performance"]).flatMap(performanceOf),
  };
}

/** A node's word on itself. @throws {QwqError} `protocol_error` where it does not say what it is. */
export function readHello(value: unknown): NodeHello {
  const hello = objectOf(value);
  const engine = textOf(hello["engine"]);
  const agent = textOf(hello["agent"]);
  if (agent === "" || !/^[a-z][a-z-]{1,30}$/.test(engine)) {
    throw new QwqError("protocol_error", "the node does not say what it is");
  }
  const told = objectOf(hello["capabilities"]);
  return {
    agent,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name by form; nothing branches on unknown ones
    engine: engine as ServingNode["engine"],
    models: readModels(hello["models"]),
    slots: Math.max(1, countOf(hello["slots"])),
    capabilities: {
      tools: told["tools"] === true,
      jsonSchema: told["jsonSchema"] === true,
      vision: told["vision"] === true,
      embeddings: told["embeddings"] === true,
      logprobs: told["logprobs"] === true,
      continuation: told["continuation"] === true,
      apis: APIS.filter((api) => listOf(told["apis"]).includes(api)),
    },
    load: readLoad(hello["load"]),
  };
}
