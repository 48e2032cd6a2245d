import { toBytes, WIRE_VOICE } from "@qwq-fit/relay";
import { errorEnvelope, parseJson, statusOf } from "@qwq-fit/wire";
import type { Core } from "./core.ts";
import { countTokens } from "./count-tokens.ts";
import { ClientError } from "./errors.ts";
import { DIALECTS, isDialect, Refusal } from "./dialects.ts";
import { wishesOf } from "./wishes.ts";

/** Silence after which a stream says that it lives, ms. */
const KEEP_ALIVE_MS = 10_000;

const json = (value: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(typeof value === "string" ? value : JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });

/** Answers one of OpenAI's requests (and Anthropic's Messages) through the client, as a server would. */
export async function answerOpenAi(
  core: Core,
  input: Parameters<typeof fetch>[0],
  init: Parameters<typeof fetch>[1],
): Promise<Response> {
  const request = new Request(input, init);
  const path = request.url.replace(/^[a-z]+:\/\/[^/]*(?:\/v1)?|[?#].*$/giu, "");
  if (request.method === "GET" && path === "/models") {
    const data = [{ id: core.model, object: "model", created: 0, owned_by: "qwq-fit" }];
    return json({ object: "list", data });
  }
  const counts = path === "/messages/count_tokens";
  if (request.method !== "POST" || !(counts || isDialect(path))) {
    return refuse("invalid_request", `there is no ${request.method} ${path} here`, { status: 404 });
  }
  const given = parseJson(await request.text());
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return refuse("invalid_request", "the body must be a JSON object");
  }
  const dialect = DIALECTS[counts ? "/messages" : path];
  try {
    const call = { ...wishesOf(request.headers, core), signal: init?.signal ?? request.signal };
    const { body, converter, whole } = dialect.read({ ...given }, core);
    if (counts) {
      const { tokens } = await countTokens(core, { messages: [], ...body }, call);
      return json({ input_tokens: tokens });
    }
    const sent = await core.send(dialect.api, body, call, WIRE_VOICE);
    const answer = await toBytes(converter(sent), KEEP_ALIVE_MS, core.clock);
    return new Response(typeof answer.body === "string" ? whole(answer.body) : answer.body, {
      status: answer.status,
      headers: answer.headers,
    });
  } catch (error) {
    if (error instanceof ClientError) return refuse(error.code, error.message, error);
    if (error instanceof Refusal) return refuse(error.code, error.message, error);
    throw error;
  }
}

function refuse(
  code: string,
  message: string,
  facts: {
    readonly status?: number;
    readonly param?: string | null;
    readonly retryAfterMs?: number | null;
    readonly target?: string;
  } = {},
): Response {
  const { status, param = null, retryAfterMs = null, target = "" } = facts;
  return json(errorEnvelope({ code, message, param }), status || statusOf(code), {
    ...(retryAfterMs === null ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) }),
    ...(target === "" ? {} : { "x-qwq-node": encodeURIComponent(target) }),
  });
}
