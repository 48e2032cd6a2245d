import type { NodeModel, NodePerformance, NodeSnapshot, NodeState } from "@qwq-fit/schema";
import { readModels } from "@qwq-fit/tunnel";
import type { NodeConfig, ProbeKind } from "../config/config.ts";
import type { RouterPorts } from "../ports.ts";

/** What a probe showed. Null where it did not tell. */
export interface ProbeResult {
  readonly state: NodeState;
  readonly queued: number | null;
  readonly inFlight: number | null;
  /** Models that it lists; null where it did not. */
  readonly models: readonly NodeModel[] | null;
  readonly performance: readonly NodePerformance[] | null;
  readonly continuation: boolean | null;
  /** How the node is powered; left out where it did not tell. */
  readonly power?: NodeSnapshot["power"];
}

const NOTHING: Omit<ProbeResult, "state"> = {
  queued: null,
  inFlight: null,
  models: null,
  performance: null,
  continuation: null,
};

/** Longest wait for a probe's answer. */
const PROBE_MS = 3000;

/** Paths below the server's root (not below /v1). A list of models alone does not say that one is loaded. */
const PATHS: Readonly<Record<ProbeKind, string | null>> = {
  "qwq-fit": "/v1/node",
  "llama-server": "/health",
  vllm: "/health",
  sglang: "/health",
  ollama: "/api/version",
  "lm-studio": "/v1/models",
  openai: "/v1/models",
  none: null,
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Asks the node how it is. Never throws: silence and refusal are the state "down". */
export async function probeNode(
  node: NodeConfig,
  ports: Pick<RouterPorts, "fetch" | "secret" | "timer">,
): Promise<ProbeResult> {
  const path = PATHS[node.probe];
  if (path === null) return { state: "unknown", ...NOTHING };
  const abort = new AbortController();
  const cancel = ports.timer(PROBE_MS, () => abort.abort());
  const key = node.keySecret === null ? undefined : ports.secret(node.keySecret);
  try {
    const response = await ports.fetch(node.url.replace(/\/v1$/, "") + path, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      signal: abort.signal,
      redirect: "manual",
    });
    const text = (await response.text()).slice(0, 1024 * 1024);
    return readProbe(node.probe, response.status, text);
  } catch {
    return { state: "down", ...NOTHING };
  } finally {
    cancel();
  }
}

/** What an answer means. A 503 of these servers says that they load or are full, not that they are gone. */
export function readProbe(kind: ProbeKind, status: number, text: string): ProbeResult {
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Some health answers have no body, or a plain word.
  }
  // A probe's path may be missing on a server of the same family: it answers, so it is tried.
  if (status === 404 || status === 405) return { state: "unknown", ...NOTHING };
  if (status === 401 || status === 403) return { state: "down", ...NOTHING };
  if (kind === "qwq-fit") return readNodeReport(status, body);
  if (status === 503) return { state: "loading", ...NOTHING };
  if (status < 200 || status >= 300) return { state: "down", ...NOTHING };
  const list = isObject(body) && Array.isArray(body["data"]) ? body["data"] : null;
  const models = list?.flatMap((one: unknown) =>
    readModels([{ id: isObject(one) ? one["id"] : null }]),
  );
  // `/v1/models` answers before a model can: the list is used, the state stays to be tried.
  const state: NodeState = kind === "openai" || kind === "lm-studio" ? "unknown" : "serveable";
  return { state, ...NOTHING, models: models ?? null };
}

/** Our own server's `GET /v1/node`. */
function readNodeReport(status: number, body: unknown): ProbeResult {
  if (!isObject(body)) return { state: status === 503 ? "loading" : "down", ...NOTHING };
  const state = isObject(body["state"]) ? body["state"] : {};
  const told: unknown = state["status"] ?? body["status"];
  const number = (key: string): number | null => {
    const value = state[key];
    return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
  };
  const states: Readonly<Record<string, NodeState>> = {
    ready: "serveable",
    serveable: "serveable",
    loading: "loading",
    saturated: "saturated",
  };
  const capabilities = isObject(body["capabilities"]) ? body["capabilities"] : {};
  return {
    state:
      (typeof told === "string" ? states[told] : undefined) ??
      (status === 200 ? "serveable" : "down"),
    queued: number("queued"),
    inFlight: number("inFlight"),
    models: isObject(body["node"]) ? readModels(body["node"]["models"]) : null,
    performance: readPerformance(body["performance"]),
    continuation:
      typeof capabilities["continuation"] === "boolean" ? capabilities["continuation"] : null,
  };
}

function isEstimate(value: unknown): boolean {
  return (
    isObject(value) && ["low", "expected", "high"].every((key) => typeof value[key] === "number")
  );
}

function readPerformance(value: unknown): readonly NodePerformance[] | null {
  if (!Array.isArray(value)) return null;
  const rows: readonly unknown[] = value;
  return rows.filter(
    (row): row is NodePerformance =>
      isObject(row) &&
      typeof row["model"] === "string" &&
      typeof row["concurrency"] === "number" &&
      isEstimate(row["prefillTokensPerSecond"]) &&
      isEstimate(row["decodeTokensPerSecond"]),
  );
}
