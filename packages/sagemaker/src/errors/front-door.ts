import { isObject, parseJson, stringField } from "@qwq-fit/wire";
import { containerRefusal, readWrapped } from "./container-error.ts";
import { type Refusal, refusal, starting } from "./refusal.ts";

/** How SageMaker's front door says that an endpoint has scaled to zero. */
const NO_CAPACITY = "Inference Component has no capacity to process this request.";

/**
 * Whether an answer says that the endpoint has no instance yet: status 400, and the front door's wording opens the
 * message. Anywhere else the same words may be a caller's own, come back in a container's error.
 */
export function isColdStart(status: number, message: string): boolean {
  return status === 400 && message.startsWith(NO_CAPACITY);
}

/** What the front door said, by either API. */
export interface FrontDoorError {
  readonly status: number;
  /** The exception's name ("ThrottlingException"); null where only HTTP was told. */
  readonly name: string | null;
  readonly message: string;
  /** As told, in seconds. */
  readonly retryAfterSeconds: number | null;
}

const BUSY_NAMES =
  /^(?:Throttling|ThrottlingException|TooManyRequestsException|RequestLimitExceeded)$/u;
/** Names by which AWS tells that a signature, a token or a right was refused. */
const DENIED_NAMES =
  /^(?:AccessDenied|AccessDeniedException|ExpiredToken|ExpiredTokenException|InvalidSignatureException|InvalidClientTokenId|IncompleteSignature(?:Exception)?|MissingAuthenticationToken(?:Exception)?|NotAuthorized|OptInRequired|SignatureDoesNotMatch|UnrecognizedClientException)$/u;

/** Whether an answer says that the credentials were refused: fresh ones are fetched then. */
export function isDenied({ status, name }: Pick<FrontDoorError, "status" | "name">): boolean {
  return status === 401 || status === 403 || (name !== null && DENIED_NAMES.test(name));
}

/**
 * The front door's refusal in our words. Its own text (account ids, console links, names of endpoints) is never
 * passed on; a container's error inside it is unwrapped and cleaned.
 */
export function frontDoorRefusal(error: FrontDoorError, coldRetrySeconds: number): Refusal {
  const { status, name, message, retryAfterSeconds } = error;
  if (isColdStart(status, message)) return starting(coldRetrySeconds);
  const wrapped = readWrapped(message);
  if (wrapped !== null) return containerRefusal(wrapped);
  if (isDenied(error)) return refusal(403, "forbidden", "AWS refused the credentials");
  if (name === "ModelNotReadyException") return starting(retryAfterSeconds ?? 5);
  if (status === 429 || (name !== null && BUSY_NAMES.test(name))) {
    return refusal(429, "saturated", "SageMaker is limiting requests", {
      retryAfterSeconds: retryAfterSeconds ?? 1,
    });
  }
  if (status === 413)
    return refusal(413, "invalid_request", "the request is larger than SageMaker takes");
  if (status === 503) {
    return refusal(503, "no_node_available", "SageMaker is not available", { retryAfterSeconds });
  }
  if (status === 408 || status === 504)
    return refusal(504, "timeout", "SageMaker did not answer in time");
  if (status === 404 || /^Endpoint \S+ of account \d+ not found/u.test(message)) {
    return refusal(404, "unknown_model", "there is no such endpoint");
  }
  return refusal(502, "upstream_error", "SageMaker failed");
}

/** An error answer of the OpenAI route, whose envelope is the same for the front door and the container. */
export function readEnvelope(
  status: number,
  text: string,
  retryAfterSeconds: number | null,
): FrontDoorError {
  const value = parseJson(text);
  const inner = isObject(value) && isObject(value["error"]) ? value["error"] : value;
  return {
    status,
    name: stringField(inner, "code") ?? stringField(inner, "__type") ?? null,
    message: stringField(inner, "message") ?? stringField(inner, "Message") ?? "",
    retryAfterSeconds,
  };
}
