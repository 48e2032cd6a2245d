import { errorEnvelope, parseJson, statusOf } from "@qwq-fit/wire";
import type { Core } from "./core.ts";
import { ClientError } from "./errors.ts";

const APIS = {
  "/chat/completions": "chat",
  "/completions": "completions",
  "/embeddings": "embeddings",
} as const;

const isApi = (path: string): path is keyof typeof APIS => path in APIS;

/** Answers one of OpenAI's requests through the client, as a server would. */
export async function answerOpenAi(
  core: Core,
  input: Parameters<typeof fetch>[0],
  init: Parameters<typeof fetch>[1],
): Promise<Response> {
  const request = new Request(input, init);
  const path = new URL(request.url).pathname.replace(/^\/v1/, "");
  if (request.method === "GET" && path === "/models") {
    const data = [{ id: core.model, object: "model", created: 0, owned_by: "qwq-fit" }];
    return Response.json({ object: "list", data });
  }
  if (request.method !== "POST" || !isApi(path)) {
    return refuse("invalid_request", `there is no ${request.method} ${path} here`, 404);
  }
  const body = parseJson(await request.text());
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return refuse("invalid_request", "the body must be a JSON object");
  }
  try {
    const answer = await core.send(
      APIS[path],
      { ...body },
      { signal: init?.signal ?? request.signal },
    );
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  } catch (error) {
    if (error instanceof ClientError)
      return refuse(error.code, error.message, undefined, error.retryAfterMs);
    throw error;
  }
}

function refuse(
  code: string,
  message: string,
  status?: number,
  retryMs: number | null = null,
): Response {
  return Response.json(errorEnvelope({ code, message }), {
    status: status ?? statusOf(code),
    headers: retryMs === null ? {} : { "retry-after": String(Math.ceil(retryMs / 1000)) },
  });
}
