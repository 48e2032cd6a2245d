import { isObject, parseJson } from "@qwq-fit/wire";
import type { Call, CallResult } from "../call.ts";
import type { CredentialSource } from "../credentials/credentials.ts";
import { isColdStart, isDenied } from "../errors/front-door.ts";
import { refusal, refusalResponse } from "../errors/refusal.ts";
import type { SageMakerPorts } from "../ports.ts";
import { headOf, wantsUsage } from "../request.ts";
import type { SageMakerSettings } from "../settings.ts";
import { answerStream } from "../stream/answer-stream.ts";
import { type AnswerHead, readContainerData } from "../stream/container-data.ts";
import { inputsOf } from "./chatml-prompt.ts";
import { conversationKey, invokeOptions } from "./invoke-options.ts";
import {
  createSdkClients,
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
} from "./sdk-client.ts";
import { readSdkError, sdkRefusal } from "./sdk-error.ts";
import { createSessionBook } from "./session-book.ts";

type Body = Readonly<Record<string, unknown>>;
const JSON_TYPE = "application/json";
const encoder = new TextEncoder();

/** InvokeEndpoint and InvokeEndpointWithResponseStream, by AWS's SDK: for LMI, TGI and older containers. */
export function invokeCall(
  settings: SageMakerSettings,
  credentials: CredentialSource,
  ports: SageMakerPorts,
): Call {
  const clientFor = createSdkClients(settings, ports.fetch);
  const fixed = {
    EndpointName: settings.endpoint,
    ContentType: JSON_TYPE,
  };
  const sessions = createSessionBook(async () => {
    const input = {
      ...fixed,
      ...(settings.inferenceComponent === null
        ? {}
        : { InferenceComponentName: settings.inferenceComponent }),
      SessionId: "NEW_SESSION",
      Body: encoder.encode(JSON.stringify({ requestType: "NEW_SESSION" })),
    };
    const client = clientFor(await credentials.get());
    return (await client.send(new InvokeEndpointCommand(input))).NewSessionId ?? null;
  }, ports.now);

  return async (request, signal, headers = {}): Promise<CallResult> => {
    const body = bodyOf(request, settings);
    if (body === null) {
      const message = "this endpoint takes plain chat alone: no tools, images or schemas";
      return {
        kind: "answer",
        response: refusalResponse(refusal(400, "unsupported_combination", message)),
      };
    }
    const conversation = settings.sessions ? await conversationKey(request) : null;
    const session = conversation === null ? null : await sessions.sessionFor(conversation);
    const input = {
      ...fixed,
      ...(await invokeOptions(settings, request, headers)),
      ...(session === null ? {} : { SessionId: session }),
      Body: encoder.encode(JSON.stringify(body)),
    };
    const client = clientFor(await credentials.get());
    // The SDK does not end a stream's connection when its reader leaves: this does.
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    const settled = (): void => signal.removeEventListener("abort", stop);
    try {
      if (request["stream"] === true) {
        const answer = await client.send(new InvokeEndpointWithResponseStreamCommand(input), {
          abortSignal: abort.signal,
        });
        const about = {
          contentType: answer.ContentType ?? "",
          includeUsage: wantsUsage(request),
          head: headOf(request, ports),
        };
        const parts = payloads(answer.Body, () => {
          settled();
          stop();
        });
        return { kind: "answer", response: answerStream(parts, about) };
      }
      const target = settings.targetModel === null ? {} : { TargetModel: settings.targetModel };
      const answer = await client.send(
        new InvokeEndpointCommand({ ...input, ...target, Accept: JSON_TYPE }),
        { abortSignal: abort.signal },
      );
      settled();
      return { kind: "answer", response: wholeAnswer(answer.Body, headOf(request, ports)) };
    } catch (error) {
      settled();
      const told = readSdkError(error);
      if (told === null) throw error;
      if (isColdStart(told.status, told.message)) return { kind: "cold" };
      if (isDenied(told)) credentials.forget();
      if (conversation !== null) sessions.forget(conversation);
      return {
        kind: "answer",
        response: refusalResponse(sdkRefusal(error, told, settings.coldRetrySeconds)),
      };
    }
  };
}

/** The request in the container's form. Its model's name is ours, so it is left out where none is set. */
function bodyOf(request: Body, settings: SageMakerSettings): object | null {
  if (settings.requestFormat === "inputs") return inputsOf(request);
  const { model: _model, ...rest } = request;
  return settings.model === null ? rest : { ...rest, model: settings.model };
}

interface StreamEvent {
  readonly PayloadPart?: { readonly Bytes?: Uint8Array | undefined } | undefined;
  readonly ModelStreamError?: unknown;
  readonly InternalStreamFailure?: unknown;
}

/** The payload of each part; an exception inside the stream is thrown. */
async function* payloads(
  body: AsyncIterable<StreamEvent> | undefined,
  ended: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const event of body ?? []) {
      const failure = event.ModelStreamError ?? event.InternalStreamFailure;
      if (failure !== undefined) throw failure;
      if (event.PayloadPart?.Bytes !== undefined) yield event.PayloadPart.Bytes;
    }
  } finally {
    ended();
  }
}

/** A container's whole answer as OpenAI's: TGI's is a list of one text. */
function wholeAnswer(bytes: Uint8Array | undefined, head: AnswerHead): Response {
  const value = parseJson(new TextDecoder().decode(bytes));
  const one: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  const data = readContainerData(one, head);
  if (data.kind === "whole") return Response.json(data.completion);
  const failed = isObject(one) && data.kind === "error";
  return refusalResponse(
    failed
      ? refusal(502, "upstream_error", "the container failed")
      : refusal(502, "protocol_error", "the endpoint sent no answer"),
  );
}
