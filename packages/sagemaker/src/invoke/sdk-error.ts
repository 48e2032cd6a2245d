import { isObject, numberField, stringField } from "@qwq-fit/wire";
import { containerRefusal, readWrapped } from "../errors/container-error.ts";
import { frontDoorRefusal, type FrontDoorError } from "../errors/front-door.ts";
import { type Refusal, refusal } from "../errors/refusal.ts";
import { codeOfBreak } from "../stream/stream-failure.ts";

/** Whether the SDK's error is an answer of SageMaker's, and not a network fault or an abort. */
export function readSdkError(error: unknown): FrontDoorError | null {
  if (!isObject(error) || !isObject(error["$metadata"])) return null;
  const status = numberField(error["$metadata"], "httpStatusCode");
  if (status === undefined) return null;
  const hint = error["$retryable"];
  const after = isObject(error["$response"]) ? retryAfterOf(error["$response"]) : null;
  return {
    status: isObject(hint) && hint["throttling"] === true ? 429 : status,
    name: stringField(error, "name") ?? null,
    message: stringField(error, "message") ?? stringField(error, "Message") ?? "",
    retryAfterSeconds: after,
  };
}

function retryAfterOf(response: Readonly<Record<string, unknown>>): number | null {
  const told = Number(stringField(response["headers"], "retry-after"));
  return Number.isInteger(told) && told > 0 ? told : null;
}

/** The SDK's error in our words. */
export function sdkRefusal(
  error: unknown,
  told: FrontDoorError,
  coldRetrySeconds: number,
): Refusal {
  if (told.name === "ModelError") {
    const wrapped = readWrapped(told.message);
    const status = numberField(error, "OriginalStatusCode") ?? wrapped?.status ?? 500;
    const body = stringField(error, "OriginalMessage") ?? wrapped?.body ?? null;
    return containerRefusal({ status, body });
  }
  if (told.name === "ModelStreamError" || told.name === "InternalStreamFailure") {
    const code = codeOfBreak(error);
    return code === "timeout"
      ? refusal(504, code, "the model did not answer in time")
      : refusal(502, "upstream_error", "the endpoint failed");
  }
  return frontDoorRefusal(told, coldRetrySeconds);
}
