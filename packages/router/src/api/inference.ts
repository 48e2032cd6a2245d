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
import type { RouterEnv } from "../extension.ts";
import type { RouterContext } from "./context.ts";
import { HttpRefusal } from "./http-error.ts";
import { readJsonObject } from "./read-body.ts";
import { type Dialect, serve } from "./serve.ts";

type Body = Readonly<Record<string, unknown>>;
/** What a caller's API makes of a request: a chat request, and what its answer becomes. */
type Read = (body: Body, requestId: string) => { readonly body: Body; readonly dialect: Dialect };

const plain =
  (api: Dialect["api"]): Read =>
  (body) => ({ body, dialect: { api, converter: null, whole: null } });

/** The routes that ask a model. */
export function inferenceRoutes(app: Hono<RouterEnv>, context: RouterContext): void {
  const { config, ports } = context;
  const asking =
    (read: Read) =>
    async (c: Context<RouterEnv>): Promise<Response> => {
      const caller = await context.authenticate(c.req.raw.headers, "inference");
      const body = await readJsonObject(c.req.raw, config.maxBodyBytes, c.env);
      const requestId = c.get("requestId");
      const asked = read(body, requestId);
      const who = { caller, request: c.req.raw, requestId, exchange: c.env };
      return serve(context, who, asked.body, asked.dialect);
    };
  app.post("/v1/chat/completions", asking(plain("chat")));
  app.post("/v1/completions", asking(plain("completions")));
  app.post("/v1/embeddings", asking(plain("embeddings")));
  app.post(
    "/v1/responses",
    asking((body, requestId) => {
      const chat = valueOf(chatFromResponses(body));
      const options = {
        request: body,
        id: `resp_${requestId}`,
        model: String(body["model"]),
        now: ports.now,
      };
      return {
        body: { ...chat },
        dialect: {
          api: "chat",
          converter: () => createResponsesConverter(options),
          whole: (text) => JSON.stringify(responseFromChat(JSON.parse(text), options)),
        },
      };
    }),
  );
  app.post(
    "/v1/messages",
    asking((body, requestId) => {
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
    }),
  );
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
