import { QwqError } from "@qwq-fit/schema";
import { chatFromMessages, chatFromResponses, isObject, readChatRequest } from "@qwq-fit/wire";
import type { Checked } from "@qwq-fit/wire";
import { Hono } from "hono";
import type { Context, Handler } from "hono";
import type { ApiOptions } from "./api-options.ts";
import { answerChat } from "./chat/answer-chat.ts";
import type { AnswerContext } from "./chat/answer-chat.ts";
import { chatStyle, messagesStyle, responsesStyle } from "./chat/styles.ts";
import { answerCompletion } from "./completions/answer-completion.ts";
import { readCompletionRequest } from "./completions/request.ts";
import { proofOf } from "./guard.ts";
import { fieldError, problemsError } from "./http-error.ts";
import { createMetrics } from "./metrics.ts";
import { applyGuards, failureResponse, logOf } from "./middleware.ts";
import type { ApiEnv } from "./middleware.ts";
import { readJsonBody } from "./read-body.ts";
import { countMessageTokens } from "./routes/count-tokens.ts";
import { answerEmbeddings } from "./routes/embeddings.ts";
import { healthOf, modelsOf, nodeReportOf } from "./routes/status.ts";

/** The OpenAI-compatible API over an engine, as a fetch handler. */
export function createApi(options: ApiOptions): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  const metrics = createMetrics();
  const body = (c: Context<ApiEnv>): Promise<unknown> =>
    readJsonBody(c.req.raw, options.limits.bodyBytes);
  const context = (c: Context<ApiEnv>): AnswerContext => ({
    options,
    metrics,
    signal: c.req.raw.signal,
    // The headers said 200 and were logged: the failure behind them is logged apart.
    onFault: (errorCode) => options.log({ ...logOf(c, options), status: 200, errorCode }),
  });
  applyGuards(app, options, metrics);

  const chat: Handler<ApiEnv> = async (c) => {
    const request = valueOf(readChatRequest(await body(c)));
    const id = `chatcmpl-${options.newId()}`;
    return await answerChat(request, chatStyle(id, request), context(c));
  };
  const responses: Handler<ApiEnv> = async (c) => {
    const given = await body(c);
    const request = valueOf(chatFromResponses(given));
    const style = responsesStyle({
      request: isObject(given) ? given : {},
      id: `resp_${options.newId()}`,
      model: options.model.id,
      now: options.now,
      // Callers of the Open Responses specification say its version (its examples: "OpenResponses-Version: latest").
      dialect: c.req.header("openresponses-version") ? "open-responses" : options.responsesDialect,
    });
    return await answerChat(request, style, context(c));
  };
  const messages: Handler<ApiEnv> = async (c) => {
    const request = valueOf(chatFromMessages(await body(c)));
    const style = messagesStyle({ id: `msg_${options.newId()}`, model: options.model.id });
    return await answerChat(request, style, context(c));
  };

  app.post("/v1/chat/completions", chat);
  app.post("/v1/responses", responses);
  app.post("/v1/messages", messages);
  app.post("/v1/messages/count_tokens", async (c) =>
    countMessageTokens(valueOf(chatFromMessages(await body(c))), context(c)),
  );
  app.post("/v1/completions", async (c) =>
    answerCompletion(valueOf(readCompletionRequest(await body(c))), context(c)),
  );
  app.post("/v1/embeddings", async (c) => answerEmbeddings(await body(c), context(c)));
  app.get("/v1/models", (c) => c.json({ object: "list", data: modelsOf(options) }));
  app.get("/v1/models/:id{.+}", (c) => {
    const id = c.req.param("id");
    const model = modelsOf(options).find((one) => Reflect.get(one, "id") === id);
    if (model === undefined) throw fieldError("unknown_model", "model", "no such model here");
    return c.json(model);
  });
  app.get("/v1/node", (c) => c.json(nodeReportOf(options)));
  app.get("/health", (c) => {
    const { status, body: told } = healthOf(options);
    return Response.json(told, { status, headers: c.res.headers });
  });
  app.get("/metrics", (c) => {
    c.header("content-type", "text/plain; version=0.0.4; charset=utf-8");
    return c.body(metrics.render(options.host.phase(), options.host.state()));
  });
  app.get("/management/proof", (c) => {
    const nonce = c.req.query("nonce") ?? "";
    if (!/^[\w-]{16,128}$/.test(nonce)) {
      throw fieldError("invalid_value", "nonce", "`nonce` must be 16 to 128 letters and digits");
    }
    return c.json({ proof: proofOf(options.token, nonce) });
  });
  app.post("/management/stop", (c) => {
    options.onStop();
    return c.json({ stopping: true }, 202);
  });
  app.notFound((c) =>
    failureResponse(
      c,
      new QwqError("invalid_request", `there is no ${c.req.method} ${c.req.path} here`, {
        details: { status: 404 },
      }),
    ),
  );
  return app;
}

function valueOf<Value>(checked: Checked<Value>): Value {
  if (!checked.ok) throw problemsError(checked.problems);
  return checked.value;
}
