import type { RouterContext } from "../api/context.ts";
import { infer } from "../api/inference.ts";
import type { InferenceRequest } from "../extension.ts";
import { createAnswerLog } from "./log.ts";
import { pumpStream } from "./pump.ts";
import { followLog, type ViewWishes } from "./view.ts";
import { errorEnvelope } from "@qwq-fit/wire";

/** A stream that nobody can come back to, in low-data mode: when its reader leaves, the node is told. */
export async function lowDataResponse(
  asked: InferenceRequest,
  view: ViewWishes,
  context: RouterContext,
): Promise<Response> {
  const headers = new Headers(asked.request.headers);
  if (view.thinking !== "full" && !headers.has("x-qwq-reasoning")) {
    headers.set("x-qwq-reasoning", "normalized");
  }
  const leave = new AbortController();
  const signal = AbortSignal.any([asked.request.signal, leave.signal]);
  const request = new Request(asked.request.url, { method: "POST", headers, signal });
  const response = await infer(context, { ...asked, request });
  const streamed = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  if (!streamed || response.body === null) return response;
  const log = createAnswerLog(context.config.answers.maxCharacters);
  let receipt: string | null = null;
  const pumped = pumpStream(response.body, log).then((end) => {
    ({ receipt } = end);
    const untold = end.error !== null && !end.told;
    log.end(untold ? { name: null, data: JSON.stringify(errorEnvelope(end.error)) } : undefined);
  });
  asked.exchange?.waitUntil?.(pumped);
  const events = followLog(
    log,
    { ...view, after: 0 },
    () => receipt,
    context.ports,
    () => leave.abort(),
  );
  return new Response(events, { headers: response.headers });
}
