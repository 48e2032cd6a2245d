import { DEFAULT_LIMITS, type RelayLimits, RETRY_SHARE } from "@qwq-fit/relay";
import { FAILURES_TO_OPEN } from "@qwq-fit/routing";
import { DEFAULT_POLICY, type Policy, type PrivacyClass, QwqError } from "@qwq-fit/schema";
import { readAnswers } from "../answers/answers-config.ts";
import type { CallerLimits } from "../ports.ts";
import { readSessions } from "../sessions/sessions-config.ts";
import type { KeyConfig, RouterConfig } from "./config.ts";
import { readNode } from "./parse-node.ts";
import { type ConfigProblem, createFieldReader, type FieldReader } from "./read.ts";

const DAY_MS = 24 * 3600 * 1000;
const PRIVACY: readonly [PrivacyClass, ...PrivacyClass[]] = [
  "device",
  "own-network",
  "region",
  "any",
];

function readLimits(reader: FieldReader): CallerLimits {
  const limits = {
    requestsPerMinute: reader.numberOrNull("requestsPerMinute", 1, 1e6),
    tokensPerMinute: reader.numberOrNull("tokensPerMinute", 1, 1e12),
    concurrentStreams: reader.numberOrNull("concurrentStreams", 1, 1e5),
    tokensPerDay: reader.numberOrNull("tokensPerDay", 1, 1e15),
    usdPerDay: reader.numberOrNull("usdPerDay", 0, 1e9),
  };
  reader.finish();
  return limits;
}

function readKey(reader: FieldReader): KeyConfig {
  const id = reader.text("id");
  if (id !== "" && !/^[a-z0-9]{4,32}$/.test(id))
    reader.problem("id", "must be 4 to 32 of a-z and 0-9");
  const hashes = reader.texts("hashes");
  if (hashes.length === 0 || hashes.length > 2)
    reader.problem("hashes", "must be one or two hashes");
  for (const [i, hash] of hashes.entries()) {
    if (!/^[0-9a-f]{64}$/.test(hash)) reader.problem(`hashes[${i}]`, "must be 64 hex digits");
  }
  const expires = reader.textOrNull("expires");
  const expiresMs = expires === null ? null : Date.parse(expires);
  if (expiresMs !== null && Number.isNaN(expiresMs))
    reader.problem("expires", "must be an ISO date");
  return {
    id,
    hashes,
    caller: reader.text("caller", id),
    scopes: reader.has("scopes") ? readScopes(reader) : ["inference"],
    models: reader.has("models") ? reader.texts("models") : null,
    expiresMs,
    limits: readLimits(reader.object("limits")),
    privacy: reader.choice("privacy", PRIVACY, "any"),
  };
}

function readScopes(reader: FieldReader): KeyConfig["scopes"] {
  const known = ["inference", "admin", "metrics"] as const;
  return reader.texts("scopes").flatMap((scope, i) => {
    const found = known.find((one) => one === scope);
    if (found === undefined) reader.problem(`scopes[${i}]`, `must be one of ${known.join(", ")}`);
    return found === undefined ? [] : [found];
  });
}

function readPolicy(reader: FieldReader): Policy {
  const limits = reader.object("limits");
  const policy: Policy = {
    objective: reader.choice(
      "objective",
      ["fastest", "cheapest", "balanced", "prefer-local", "prefer-cloud"],
      DEFAULT_POLICY.objective,
    ),
    privacy: reader.choice("privacy", PRIVACY, DEFAULT_POLICY.privacy),
    limits: {
      maxCostUsd: limits.numberOrNull("maxCostUsd", 0, 1e6),
      timeToFirstTokenMs: limits.numberOrNull("timeToFirstTokenMs", 1, DAY_MS),
      minTokensPerSecond: limits.numberOrNull("minTokensPerSecond", 0, 1e6),
      deadlineMs: limits.numberOrNull("deadlineMs", 1, DAY_MS),
    },
    regions: reader.texts("regions"),
    hedge: reader.flag("hedge", DEFAULT_POLICY.hedge),
  };
  limits.finish();
  reader.finish();
  return policy;
}

function readRelayLimits(reader: FieldReader, defaults: RelayLimits): RelayLimits {
  const ms = (key: keyof RelayLimits): number => reader.number(key, defaults[key], 1, DAY_MS);
  const limits: RelayLimits = {
    headersMs: ms("headersMs"),
    firstTokenMs: ms("firstTokenMs"),
    idleMs: ms("idleMs"),
    callerHeadersMs: ms("callerHeadersMs"),
    keepAliveMs: ms("keepAliveMs"),
    bodyBytes: reader.number("bodyBytes", defaults.bodyBytes, 1024, 2 ** 30),
    attempts: reader.number("attempts", defaults.attempts, 1, 100),
  };
  reader.finish();
  return limits;
}

/** What a configuration is, or everything that is wrong with it. */
export type ParsedConfig =
  | { readonly ok: true; readonly config: RouterConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/**
 * Reads a configuration from JSON; every problem is told, with its path. `runtime` holds limits whose
 * defaults differ where it runs.
 */
export function parseConfig(value: unknown, runtime: Partial<RelayLimits> = {}): ParsedConfig {
  const problems: ConfigProblem[] = [];
  const reader = createFieldReader(value, "", problems);
  const config: RouterConfig = {
    nodes: reader.list("nodes", readNode),
    keys: reader.list("keys", readKey),
    pepperSecret: reader.text("pepperSecret", "QWQ_PEPPER"),
    policy: readPolicy(reader.object("policy")),
    mode: reader.choice("mode", ["error", "continue", "hold"], "error"),
    limits: readRelayLimits(reader.object("limits"), { ...DEFAULT_LIMITS, ...runtime }),
    corsOrigins: reader.texts("corsOrigins"),
    maxBodyBytes: reader.number("maxBodyBytes", 8 * 1024 * 1024, 1024, 100 * 1024 * 1024),
    join: reader.flag("join", false),
    insecureDev: reader.flag("insecureDev", false),
    probeEveryMs: reader.number("probeEveryMs", 15_000, 100, DAY_MS),
    logRequests: reader.flag("logRequests", true),
    breakerFailures: reader.number("breakerFailures", FAILURES_TO_OPEN, 1, 1e9),
    retryShare: reader.number("retryShare", RETRY_SHARE, 0, 100),
    normalizeReasoning: reader.flag("normalizeReasoning", false),
    answers: readAnswers(reader.object("answers")),
    sessions: reader.has("sessions") ? readSessions(reader.object("sessions"), readLimits) : null,
  };
  reader.finish();
  if (config.nodes.length === 0 && !config.join) {
    reader.problem("nodes", 'must name at least one node, or let nodes join with "join": true');
  }
  if (config.keys.length === 0 && config.sessions === null && !config.insecureDev) {
    reader.problem("keys", "must name at least one key: without keys anybody could use the nodes");
  }
  for (const origin of config.corsOrigins) {
    if (!/^https?:\/\/[^/*]+$/.test(origin))
      reader.problem("corsOrigins", `${origin} is no origin`);
  }
  for (const list of ["nodes", "keys"] as const) {
    const names = config[list].map((one) => ("name" in one ? one.name : one.id));
    for (const [i, name] of names.entries()) {
      if (names.indexOf(name) !== i) reader.problem(`${list}[${i}]`, `${name} is there twice`);
    }
  }
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems };
}

/**
 * The configuration, or an error that lists all problems.
 * @throws {QwqError} `invalid_configuration`
 */
export function readConfig(value: unknown, runtime: Partial<RelayLimits> = {}): RouterConfig {
  const parsed = parseConfig(value, runtime);
  if (parsed.ok) return parsed.config;
  const lines = parsed.problems.map(({ path, message }) => `${path} ${message}`);
  throw new QwqError(
    "invalid_configuration",
    `The configuration cannot be used:\n  ${lines.join("\n  ")}`,
    {
      hint: "Mend each line and start again.",
      details: { problems: parsed.problems },
    },
  );
}
