import type { RelayAnswer } from "@qwq-fit/relay";
import type { Receipt, RequestShape } from "@qwq-fit/schema";
import { type ChatConverter, normalizeReasoning } from "@qwq-fit/wire";
import type { Caller } from "../guard/caller.ts";
import { carry, decide, readWishes, servedWhole, type Wishes } from "./carry.ts";
import type { Exchange } from "../ports.ts";
import type { RouterContext } from "./context.ts";
import { convertStream, normalizeStream } from "./convert-stream.ts";
import { HttpRefusal } from "./http-error.ts";
import { spansOf, traceOf, traceparentOf } from "./trace.ts";

type Body = Readonly<Record<string, unknown>>;

/** What makes an answer of a chat answer, for the API that the caller speaks. */
export interface Dialect {
  readonly api: "chat" | "completions" | "embeddings";
  readonly converter: (() => ChatConverter) | null;
  readonly whole: ((text: string) => string) | null;
}

/** Who asks, and how the runtime lets it be answered. */
export interface Asking {
  readonly caller: Caller;
  readonly request: Request;
  readonly requestId: string;
  /** Absent where the runtime offers nothing beyond `Request`. */
  readonly exchange: Exchange | undefined;
}

/** Admits, decides, carries and answers one request of a known caller. */
export async function serve(
  context: RouterContext,
  { caller, request, requestId, exchange }: Asking,
  body: Body,
  dialect: Dialect,
): Promise<Response> {
  const { ports } = context;
  const startedMs = ports.monotonic();
  const startMs = ports.now();
  const trace = traceOf(request.headers.get("traceparent"), ports.trace !== undefined);
  checkModel(body, caller);
  const wishes = readWishes(request.headers, context, caller);
  const decided = decide(body, dialect.api, wishes.policy, context);
  const { shape } = decided;
  const admission = await context.limiter.admit(
    caller.name,
    caller.limits,
    shape.promptTokens + shape.outputTokens,
  );
  if (!admission.ok) {
    const retry = { "retry-after": String(Math.ceil(admission.retryAfterMs / 1000)) };
    throw new HttpRefusal("rate_limited", `the limit of ${admission.reason} is reached`, {
      headers: { ...admission.headers, ...retry },
    });
  }
  try {
    const answer = await carry(body, dialect.api, wishes, decided, context, {
      signal: request.signal,
      headers: trace === null ? {} : { traceparent: traceparentOf(trace) },
    });
    const settled = answer.receipt.then((receipt) => {
      admission.done(spentOf(receipt, shape));
      if (trace !== null) {
        const about = { caller: caller.name, status: answer.status, startMs };
        ports.trace?.(spansOf(trace, receipt, about));
      }
      record(context, requestId, caller, receipt, {
        arrivalMs: startMs,
        status: answer.status,
        totalMs: ports.monotonic() - startedMs,
      });
    });
    exchange?.waitUntil?.(settled);
    return await respond(answer, dialect, wishes.reasoning, admission.headers, exchange);
  } catch (error) {
    admission.done({ tokens: 0, usd: 0 });
    throw error;
  }
}

function checkModel(body: Body, caller: Caller): void {
  const { model } = body;
  if (typeof model !== "string" || model === "") {
    throw new HttpRefusal("invalid_request", "must name a model", { param: "model" });
  }
  if (caller.models !== null && !caller.models.includes(model)) {
    throw new HttpRefusal("forbidden", "this key may not use this model", { param: "model" });
  }
}

function respond(
  answer: RelayAnswer,
  dialect: Dialect,
  reasoning: Wishes["reasoning"],
  limits: Readonly<Record<string, string>>,
  exchange: Exchange | undefined,
): Response | Promise<Response> {
  const { status, frames } = answer;
  const headers = { ...answer.headers, ...limits };
  const { converter, whole, api } = dialect;
  const normalize = reasoning !== "as-sent" && api === "chat";
  if (frames !== null && converter === null && !normalize && exchange?.stream !== undefined) {
    return exchange.stream(frames, headers);
  }
  const splitter = {
    start: reasoning === "thought-first" ? ("thought" as const) : ("content" as const),
  };
  const { body } = answer;
  if (typeof body === "string") {
    if (status !== 200) return new Response(body, { status, headers });
    const text = normalize ? JSON.stringify(normalizeReasoning(JSON.parse(body), splitter)) : body;
    return new Response(whole === null ? text : whole(text), { status, headers });
  }
  if (converter !== null) {
    const converted = convertStream(body, converter(), normalize ? splitter : null);
    return new Response(converted, { headers });
  }
  return new Response(normalize ? normalizeStream(body, splitter) : body, { headers });
}

/** Tokens that count against the caller: as told, or as estimated where the node did not tell. */
function spentOf(receipt: Receipt, shape: RequestShape): { tokens: number; usd: number } {
  const { promptTokens, outputTokens, costUsd } = receipt.actual;
  const served = servedWhole(receipt);
  const tokens = (promptTokens ?? (served ? shape.promptTokens : 0)) + (outputTokens ?? 0);
  return { tokens, usd: costUsd ?? 0 };
}

function record(
  context: RouterContext,
  requestId: string,
  caller: Caller,
  receipt: Receipt,
  told: { readonly arrivalMs: number; readonly status: number; readonly totalMs: number },
): void {
  const { arrivalMs, status, totalMs } = told;
  const { metrics, ports } = context;
  const last = receipt.attempts.at(-1);
  const outcome = last?.outcome ?? "none";
  const counted = caller.group ?? caller.name;
  metrics.count("qwq_requests_total", { caller: counted, node: receipt.node, outcome });
  metrics.count("qwq_attempts_total", { node: receipt.node }, receipt.attempts.length);
  metrics.count(
    "qwq_cost_usd_total",
    { caller: counted, node: receipt.node },
    receipt.actual.costUsd ?? 0,
  );
  metrics.count(
    "qwq_tokens_total",
    { caller: counted, node: receipt.node },
    receipt.actual.outputTokens ?? 0,
  );
  const first = receipt.actual.timeToFirstTokenMs;
  if (first !== null)
    metrics.observe("qwq_first_token_seconds", { node: receipt.node }, first / 1000);
  metrics.observe("qwq_answer_seconds", { node: receipt.node }, totalMs / 1000);
  if (!context.config.logRequests) return;
  ports.log({
    event: "request",
    requestId,
    arrivalMs,
    caller: caller.name,
    model: receipt.model,
    node: receipt.node,
    status,
    outcome,
    reason: last?.reason ?? null,
    attempts: receipt.attempts.length,
    promptTokens: receipt.actual.promptTokens,
    outputTokens: receipt.actual.outputTokens,
    firstTokenMs: first,
    totalMs,
    costUsd: receipt.actual.costUsd,
  });
}
