import { isObject, parseJson, retryAfterMs } from "@qwq-fit/wire";
import type { CredentialSource } from "../credentials/credentials.ts";
import { containerRefusal } from "../errors/container-error.ts";
import {
  type FrontDoorError,
  frontDoorRefusal,
  isColdStart,
  isDenied,
  readEnvelope,
} from "../errors/front-door.ts";
import { refusalResponse } from "../errors/refusal.ts";
import type { SageMakerPorts } from "../ports.ts";
import { headOf, wantsUsage } from "../request.ts";
import type { SageMakerSettings } from "../settings.ts";
import { mintBearerToken } from "../sign/bearer-token.ts";
import type { Call } from "../call.ts";
import { readText } from "../stream/read-text.ts";

/** Most of an error's body that is read. */
const ERROR_BYTES = 256 * 1024;

/**
 * The endpoint's own OpenAI route: the request with a token minted for it. A stream is handed on as it came; whatever
 * is no success is told in our words. The component is named in the path: this route refuses it as a header.
 */
export function nativeCall(
  settings: SageMakerSettings,
  credentials: CredentialSource,
  ports: SageMakerPorts,
): Call {
  const { endpoint, inferenceComponent: component } = settings;
  const part = component === null ? "" : `/inference-components/${encodeURIComponent(component)}`;
  const url = `${settings.url.replace(/\/+$/, "")}/endpoints/${encodeURIComponent(endpoint)}${part}/openai/v1/chat/completions`;
  return async (request, signal) => {
    const nowMs = ports.now();
    const token = await mintBearerToken(await credentials.get(), {
      region: settings.region,
      nowMs,
      expiresSeconds: settings.tokenSeconds,
    });
    const response = await ports.fetch(url, {
      method: "POST",
      // vLLM does not know itself by the endpoint's name, and takes an empty one.
      body: JSON.stringify({ ...request, model: settings.model ?? "" }),
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      signal,
      redirect: "manual",
    });
    const type = response.headers.get("content-type") ?? "";
    if (response.status === 200 && response.body !== null) {
      if (request["stream"] !== true || /text\/event-stream/i.test(type)) {
        return { kind: "answer", response: bare(response.body, type) };
      }
      // LMI's streams are lines of JSON.
      const { answerStream } = await import("../stream/answer-stream.ts");
      const about = {
        contentType: type,
        includeUsage: wantsUsage(request),
        head: headOf(request, ports),
      };
      return { kind: "answer", response: answerStream(response.body, about) };
    }
    const text = await readText(response.body, ERROR_BYTES);
    const wait = retryAfterMs(response.headers, nowMs);
    const error = readEnvelope(
      response.status,
      text,
      wait === null ? null : Math.ceil(wait / 1000),
    );
    if (isColdStart(error.status, error.message)) return { kind: "cold" };
    if (isDenied(error)) credentials.forget();
    return { kind: "answer", response: refusalResponse(toldBy(error, text, settings)) };
  };
}

/** The answer with its type alone: SageMaker's own headers name variants and requests. */
const bare = (body: ReadableStream<Uint8Array>, type: string): Response =>
  new Response(body, { headers: { "content-type": type } });

function toldBy(
  error: FrontDoorError,
  text: string,
  settings: SageMakerSettings,
): ReturnType<typeof frontDoorRefusal> {
  // vLLM's own refusal, should the front door ever pass it on as it is.
  const value = parseJson(text);
  const inner = isObject(value) && isObject(value["error"]) ? value["error"] : value;
  const own = isObject(inner) && inner["type"] === "BadRequestError";
  if (own && error.status === 400) return containerRefusal({ status: error.status, body: text });
  return frontDoorRefusal(error, settings.coldRetrySeconds);
}
