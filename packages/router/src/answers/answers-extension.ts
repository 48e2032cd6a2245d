import { infer } from "../api/inference.ts";
import { HttpRefusal } from "../api/http-error.ts";
import type { RouterContext } from "../api/context.ts";
import type { InferenceRequest, RouterExtension } from "../extension.ts";
import type { Exchange } from "../ports.ts";
import type { AnswerObject, AnswerStore } from "./answer-ports.ts";
import { type AnswerJob, drawAnswerId, fingerprintOf, isAnswerId, keyedAnswerId } from "./job.ts";
import { lowDataResponse } from "./low-data-response.ts";
import { webhookSecretOf } from "./webhook.ts";
import { readWebhookUrl } from "./webhook-url.ts";
import { type AnswerWishes, readAnswerWishes } from "./wishes.ts";

/** Fields of a body that are for the router alone. */
interface Delivery {
  readonly background: boolean;
  readonly webhookUrl: string | null;
  /** What is left for the node. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Reads `background` and `webhook`. @throws HttpRefusal `invalid_value` */
function readDelivery(asked: InferenceRequest, context: RouterContext): Delivery {
  const { background, webhook, ...body } = asked.body;
  if (background !== undefined && typeof background !== "boolean" && background !== null) {
    throw new HttpRefusal("invalid_value", "must be true or false", { param: "background" });
  }
  const webhookUrl =
    webhook === undefined || webhook === null ? null : readWebhookUrl(webhook, context);
  if (webhookUrl !== null && background !== true) {
    throw new HttpRefusal("invalid_value", "goes with background: true", { param: "webhook" });
  }
  return { background: background === true, webhookUrl, body };
}

const PASSED = /^(?:x-qwq-|traceparent$|openresponses-version$)/;

async function jobOf(
  asked: InferenceRequest,
  { background, webhookUrl, body }: Delivery,
  { key, view }: AnswerWishes,
): Promise<AnswerJob> {
  const headers = Object.fromEntries(
    [...asked.request.headers].filter(([name]) => PASSED.test(name)),
  );
  const { name } = asked.caller;
  return {
    id: key === null ? drawAnswerId() : await keyedAnswerId(name, key),
    caller: asked.caller,
    path: asked.path,
    body,
    // Thinking that is left out must be known as such, however the node sends it.
    headers: view.thinking === "full" ? headers : { "x-qwq-reasoning": "normalized", ...headers },
    requestId: asked.requestId,
    fingerprint: await fingerprintOf(asked.path, asked.body),
    keyed: key !== null,
    background,
    webhookUrl,
  };
}

/** Runs a job as the router would have run the request; nobody's leaving ends it but `signal`. */
export function runJob(
  context: RouterContext,
  job: AnswerJob,
  signal: AbortSignal,
  exchange?: Exchange,
): Promise<Response> {
  const { caller, path, body, headers, requestId } = job;
  // The body travels apart: this request is for its headers and its signal.
  const request = new Request(`http://answer.invalid${path}`, { method: "POST", headers, signal });
  return infer(context, { path, caller, body, request, requestId, exchange });
}

/**
 * Answers that outlive their connections. A request becomes one by `x-qwq-resumable: on`, by an `Idempotency-Key`
 * or by `background: true`; all others pass untouched.
 */
export function answersExtension(
  storeOf: (context: RouterContext) => AnswerStore,
): RouterExtension {
  let store: AnswerStore | null = null;
  const storeIn = (context: RouterContext): AnswerStore => (store ??= storeOf(context));
  return {
    name: "answers",
    take: async (asked, context) => {
      const { headers } = asked.request;
      const wishes = readAnswerWishes(headers);
      const { background, webhook } = asked.body;
      const kept =
        wishes.resumable || wishes.key !== null || background === true || webhook !== undefined;
      if (!kept) return wishes.lowData ? lowDataResponse(asked, wishes.view, context) : null;
      const job = await jobOf(asked, readDelivery(asked, context), wishes);
      return storeIn(context).open(job.id).post(job, wishes.view);
    },
    routes: (app, context) => {
      const open = async (
        headers: Headers,
        id: string,
      ): Promise<{ owner: string; answer: AnswerObject }> => {
        const caller = await context.authenticate(headers, "inference");
        if (!isAnswerId(id)) {
          throw new HttpRefusal("invalid_request", "there is no such answer", { status: 404 });
        }
        return { owner: caller.name, answer: storeIn(context).open(id) };
      };
      app.get("/v1/webhooks/secret", async (c) => {
        const caller = await context.authenticate(c.req.raw.headers, "inference");
        const secret = context.ports.secret(context.config.answers.webhooks.secret);
        if (secret === undefined) {
          throw new HttpRefusal("unsupported_combination", "this router sends no webhooks");
        }
        c.header("cache-control", "no-store");
        return c.json({ secret: await webhookSecretOf(secret, caller.name) });
      });
      app.get("/v1/answers/:id", async (c) => {
        const { owner, answer } = await open(c.req.raw.headers, c.req.param("id"));
        return answer.read(owner);
      });
      app.get("/v1/answers/:id/events", async (c) => {
        const { owner, answer } = await open(c.req.raw.headers, c.req.param("id"));
        return answer.events(owner, readAnswerWishes(c.req.raw.headers).view);
      });
      app.delete("/v1/answers/:id", async (c) => {
        const { owner, answer } = await open(c.req.raw.headers, c.req.param("id"));
        return answer.cancel(owner);
      });
    },
  };
}
