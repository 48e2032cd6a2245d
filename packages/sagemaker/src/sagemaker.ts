import { isObject, parseJson } from "@qwq-fit/wire";
import type { Call } from "./call.ts";
import { createWarmUp, type WarmUp } from "./cold/warm-up.ts";
import { credentialSource } from "./credentials/credential-source.ts";
import type { CredentialSource } from "./credentials/credentials.ts";
import { refusal, refusalResponse, starting } from "./errors/refusal.ts";
import { nativeCall } from "./native/native-transport.ts";
import type { SageMakerPorts, SageMakerRequest, SageMakerTransport } from "./ports.ts";
import {
  type CredentialsInput,
  type SageMakerInput,
  type SageMakerSettings,
  settingsOf,
} from "./settings.ts";

/** Transports to SageMaker endpoints that share credentials, and what is known of each endpoint's start. */
export interface SageMaker {
  /** @throws {QwqError} `invalid_configuration` */
  transport(input: SageMakerInput): SageMakerTransport;
}

const PROBE = { messages: [{ role: "user", content: "hi" }], max_tokens: 1, stream: false };
/** A probe's answer: one token, or the front door's word. */
const PROBE_MS = 60_000;

/** One for each process or isolate: endpoints that two nodes name are one endpoint here. */
export function createSageMaker(ports: SageMakerPorts): SageMaker {
  const sources = new Map<string, CredentialSource>();
  const warmUps = new Map<string, WarmUp>();

  const sourceOf = (input: CredentialsInput, region: string): CredentialSource => {
    const key = JSON.stringify([region, input]);
    const source = sources.get(key) ?? credentialSource(input, region, ports);
    sources.set(key, source);
    return source;
  };
  const warmUpOf = (settings: SageMakerSettings, call: Call): WarmUp => {
    const { url, region, endpoint, inferenceComponent } = settings;
    const key = JSON.stringify([url, region, endpoint, inferenceComponent]);
    const warmUp = warmUps.get(key) ?? createWarmUp(() => probe(call, ports), settings, ports);
    warmUps.set(key, warmUp);
    return warmUp;
  };

  return {
    transport: (input) => {
      const settings = settingsOf(input);
      const credentials = sourceOf(settings.credentials, settings.region);
      const call =
        settings.transport === "openai"
          ? nativeCall(settings, credentials, ports)
          : lazyInvokeCall(settings, credentials, ports);
      const warmUp = warmUpOf(settings, call);
      return (request) => carry(request, settings, call, warmUp);
    },
  };
}

async function carry(
  request: SageMakerRequest,
  settings: SageMakerSettings,
  call: Call,
  warmUp: WarmUp,
): Promise<Response> {
  const { path, body, signal, headers } = request;
  if (path !== "/chat/completions") {
    return refusalResponse(
      refusal(404, "unsupported_combination", "the endpoint serves chat alone"),
    );
  }
  // Twice as many bytes as UTF-16 units is exact where it matters: the limit is far above both.
  if (
    body.length > settings.maxBodyBytes ||
    new TextEncoder().encode(body).length > settings.maxBodyBytes
  ) {
    const message = `the request passes ${settings.maxBodyBytes} bytes`;
    return refusalResponse(refusal(413, "invalid_request", message));
  }
  const value = parseJson(body);
  if (!isObject(value)) {
    return refusalResponse(refusal(400, "invalid_request", "the body must be a JSON object"));
  }
  const waitSeconds = warmUp.gate();
  if (waitSeconds !== null) return refusalResponse(starting(waitSeconds));
  const result = await call(value, signal, headers);
  if (result.kind === "cold") return refusalResponse(starting(warmUp.sawCold()));
  if (result.response.ok) warmUp.sawAnswer();
  return result.response;
}

/** Asks for one token; its answer is dropped. */
async function probe(call: Call, ports: SageMakerPorts): Promise<"cold" | "answered"> {
  const abort = new AbortController();
  const cancel = ports.timer(PROBE_MS, () => abort.abort());
  try {
    const result = await call(PROBE, abort.signal);
    if (result.kind === "answer") await result.response.body?.cancel();
    return result.kind === "cold" ? "cold" : "answered";
  } finally {
    cancel();
  }
}

/** InvokeEndpoint's code, and AWS's SDK with it, is loaded by the first request that needs it. */
function lazyInvokeCall(
  settings: SageMakerSettings,
  credentials: CredentialSource,
  ports: SageMakerPorts,
): Call {
  let made: Call | undefined;
  return async (request, signal, headers) => {
    made ??= (await import("./invoke/invoke-transport.ts")).invokeCall(
      settings,
      credentials,
      ports,
    );
    return made(request, signal, headers);
  };
}
