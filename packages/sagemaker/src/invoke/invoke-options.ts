import { isObject } from "@qwq-fit/wire";
import type { SageMakerSettings } from "../settings.ts";
import { sha256Hex } from "../sign/hmac.ts";

/** What goes with a request besides its body, by the names of AWS's API. */
export interface InvokeOptions {
  readonly InferenceComponentName?: string;
  readonly TargetVariant?: string;
  readonly TargetContainerHostname?: string;
  readonly CustomAttributes?: string;
  readonly PrefixAwareId?: string;
}

/** What SageMaker takes in custom attributes: at most 1024 printable ASCII characters. */
const ATTRIBUTES = /^[\u0020-\u007e]{1,1024}$/u;

/**
 * The settings' part of a request. Headers that SageMaker does not know are dropped on the way, so a trace travels in
 * the custom attributes, where nothing else was set for them.
 */
export async function invokeOptions(
  settings: SageMakerSettings,
  request: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>>,
): Promise<InvokeOptions> {
  const { inferenceComponent, variant, targetContainer, customAttributes, prefixAware } = settings;
  const trace = headers["traceparent"];
  const attributes = customAttributes ?? (trace === undefined ? null : `traceparent=${trace}`);
  return {
    ...(inferenceComponent === null ? {} : { InferenceComponentName: inferenceComponent }),
    ...(variant === null ? {} : { TargetVariant: variant }),
    ...(targetContainer === null ? {} : { TargetContainerHostname: targetContainer }),
    ...(attributes === null || !ATTRIBUTES.test(attributes)
      ? {}
      : { CustomAttributes: attributes }),
    ...(prefixAware ? { PrefixAwareId: await conversationKey(request) } : {}),
  };
}

/**
 * The same for all turns of one chat: a hash of who asks, the instructions and the first question. No text can be read
 * out of it.
 */
export async function conversationKey(request: Readonly<Record<string, unknown>>): Promise<string> {
  const { messages, user } = request;
  const list: readonly unknown[] = Array.isArray(messages) ? messages : [];
  const first = list.findIndex((one) => isObject(one) && one["role"] === "user");
  const head = list
    .slice(0, first + 1)
    .map((one) => (isObject(one) ? [one["role"], one["content"]] : null));
  return (await sha256Hex(JSON.stringify([user ?? null, head]))).slice(0, 32);
}
