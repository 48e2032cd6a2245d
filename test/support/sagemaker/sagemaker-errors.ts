import type { SageMakerFault } from "./sagemaker-fault.ts";

/** One refusal in both of SageMaker's forms: AWS's JSON, and the OpenAI route's envelope. */
export interface RefusalForms {
  readonly status: number;
  /** AWS's exception, `x-amzn-errortype`. */
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Status of the OpenAI route, where it differs. */
  readonly openAiStatus: number;
  readonly message: string;
}

export const ACCOUNT = "123456789012";
/** The front door's words for an endpoint that has scaled to zero, as AWS prints them. */
export const NO_CAPACITY =
  "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress (if configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API.";

/** What the container of a `model-error` says: a field, a path, a traceback, an address. */
export function containerMessage(status: number): string {
  const words =
    status === 400
      ? "temperature must be non-negative, got -1. secret inner text"
      : "secret inner text";
  const trace =
    'Traceback (most recent call last):\n  File "/opt/ml/model/code/inference.py", line 12, in predict\nValueError: s3://bucket-of-mine/key at 10.0.3.7:8080';
  return JSON.stringify({
    object: "error",
    message: status === 400 ? words : `${words} ${trace}`,
    type: status === 400 ? "BadRequestError" : "InternalServerError",
    param: status === 400 ? "temperature" : null,
    code: status,
  });
}

const console = (endpoint: string): string =>
  `See https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logEventViewer:group=/aws/sagemaker/Endpoints/${endpoint} in account ${ACCOUNT} for more information.`;

const plain = (
  status: number,
  type: string,
  message: string,
  openAiStatus = status,
): RefusalForms => ({
  status,
  type,
  body: { Message: message },
  openAiStatus,
  message,
});

/** What is said for a fault before the answer; null for the others. */
export function refusalOf(fault: SageMakerFault, endpoint: string): RefusalForms | null {
  switch (fault.kind) {
    case "cold":
      return plain(400, "ValidationError", NO_CAPACITY);
    case "not-ready":
      return plain(429, "ModelNotReadyException", "secret inner text: model is being provisioned");
    case "throttled":
      return plain(400, "ThrottlingException", "Rate exceeded", 429);
    case "unavailable":
      return plain(503, "ServiceUnavailable", `secret inner text of ${ACCOUNT}`);
    case "internal":
      return plain(500, "InternalFailure", `secret inner text of ${ACCOUNT}`);
    case "dependency":
      return plain(530, "InternalDependencyException", "secret inner text", 500);
    case "validation":
      return plain(400, "ValidationError", `secret inner text: variant of ${endpoint} is unknown`);
    case "no-endpoint":
      return plain(400, "ValidationError", `Endpoint ${endpoint} of account ${ACCOUNT} not found.`);
    case "denied":
      return plain(
        403,
        "AccessDeniedException",
        `User: arn:aws:sts::${ACCOUNT}:assumed-role/secret/x is not authorized to perform: sagemaker:InvokeEndpoint`,
      );
    case "expired-token":
      return plain(
        403,
        "ExpiredTokenException",
        "The security token included in the request is expired",
      );
    case "model-error":
    case "model-error-unread": {
      const { status } = fault;
      const side = status < 500 ? "client" : "server";
      const inner = containerMessage(status);
      const message =
        fault.kind === "model-error"
          ? `Received ${side} error (${status}) from primary with message "${inner}". ${console(endpoint)}`
          : `Received ${side} error (${status}) from primary and could not load the entire response body. ${console(endpoint)}`;
      return {
        status: 424,
        type: "ModelError",
        body: {
          Message: message,
          OriginalStatusCode: status,
          OriginalMessage: fault.kind === "model-error" ? inner : "",
          LogStreamArn: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/sagemaker/Endpoints/${endpoint}`,
        },
        openAiStatus: 400,
        message,
      };
    }
    default:
      return null;
  }
}
