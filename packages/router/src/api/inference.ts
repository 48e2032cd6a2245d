import {
  chatFromMessages,
  chatFromResponses,
  type Checked,
  createMessagesConverter,
  createResponsesConverter,
  messageFromChat,
  responseFromChat,
} from "@qwq-fit/wire";
import type { Context, Hono } from "hono";
import type { InferenceRequest, RouterEnv } from "../extension.ts";
import type { Exchange } from "../ports.ts";
import type { RouterContext } from "./context.ts";
import { HttpRefusal } from "./http-error.ts";
import { readJsonObject } from "./read-body.ts";
import { type Dialect, serve } from "./serve.ts";

type Body = Readonly<Record<string, unknown>>;
/** What a caller's API makes of a request: a chat request, and what its answer becomes. */
type Read = (
  body: Body,
  requestId: string,
  headers: Headers,
) => { readonly body: Body; readonly dialect: Dialect };

const plain =
  (api: Dialect["api"]): Read =>
  (body) => ({ body, dialect: { api, converter: null, whole: null } });

/** Each path that asks a model, and how its API is read. */
const READERS: Readonly<Record<string, (ports: RouterContext["ports"]) => Read>> = {
  "/v1/chat/completions": () => plain("chat"),
  "/v1/completions": () => plain("completions"),
  "/v1/embeddings": () => plain("embeddings"),
  "/v1/responses":
    ({ now }) =>
    (body, requestId, headers) => {
      const chat = valueOf(chatFromResponses(body));
      const model = String(body["model"]);
      // Callers of the Open Responses specification say its version (its examples: "OpenResponses-Version: latest").
      const open = headers.get("openresponses-version") !== null;
      const dialect = open ? "open-responses" : "openai";
      const options = { request: body, id: `resp_${requestId}`, model, now, dialect } as const;
      return {
        body: { ...chat },
        dialect: {
          api: "chat",
          converter: () => createResponsesConverter(options),
          whole: (text) => JSON.stringify(responseFromChat(JSON.parse(text), options)),
        },
      };
    },
  "/v1/messages": () => (body, requestId) => {
    const chat = valueOf(chatFromMessages(body));
    const options = { id: `msg_${requestId}`, model: String(body["model"]) };
    return {
      body: { ...chat },
      dialect: {
        api: "chat",
        converter: () => createMessagesConverter(options),
        whole: (text) => JSON.stringify(messageFromChat(JSON.parse(text), options)),
      },
    };
  },
};

/**
 * Runs a request of a known caller, whoever it came by.
 * @throws HttpRefusal for what cannot be run
 */
export async function infer(context: RouterContext, asked: InferenceRequest): Promise<Response> {
  const read = READERS[asked.path]?.(context.ports);
  if (read === undefined) throw new HttpRefusal("invalid_request", "no such path", { status: 404 });
  const { body, dialect } = read(asked.body, asked.requestId, asked.request.headers);
  return serve(context, asked, body, dialect);
}

/** The routes that ask a model. */
export function inferenceRoutes(app: Hono<RouterEnv>, context: RouterContext): void {
  const { config, extensions } = context;
  const answer =
    (path: string) =>
    async (c: Context<RouterEnv>): Promise<Response> => {
      const caller = await context.authenticate(c.req.raw.headers, "inference");
      const body = await readJsonObject(c.req.raw, config.maxBodyBytes, c.env);
      const requestId = c.get("requestId");
      const asked = { path, caller, body, request: c.req.raw, requestId, exchange: c.env };
      for (const extension of extensions) {
        if (extension.take === undefined) continue;
        // Whoever keeps or rewrites an answer reads its `Response`.
        const taken = await extension.take({ ...asked, exchange: unstreamed(c.env) }, context);
        if (taken) return taken;
      }
      return infer(context, asked);
    };
  for (const path of Object.keys(READERS)) app.post(path, answer(path));
}

function unstreamed(exchange: Exchange | undefined): Exchange | undefined {
  if (exchange?.stream === undefined) return exchange;
  const { stream: _stream, ...rest } = exchange;
  return rest;
}

function valueOf<T>(checked: Checked<T>): T {
  if (checked.ok) return checked.value;
  const [first] = checked.problems;
  throw new HttpRefusal(
    first?.code ?? "invalid_request",
    first?.message ?? "the body is not valid",
    first === undefined ? {} : { param: first.param },
  );
}
