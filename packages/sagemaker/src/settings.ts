import { QwqError } from "@qwq-fit/schema";

/** Where credentials come from; each secret is named, never written. */
export type CredentialsInput =
  /** AWS's default chain, where the runtime has one (Node), else the secrets `AWS_ACCESS_KEY_ID` and so on. */
  | { readonly kind: "default" }
  /** Keys in secrets. */
  | {
      readonly kind: "static";
      readonly accessKeyIdSecret?: string;
      readonly secretAccessKeySecret?: string;
      readonly sessionTokenSecret?: string;
    }
  /** A role taken on with a token that we issue ourselves: the Worker is its own OIDC issuer. */
  | {
      readonly kind: "web-identity";
      readonly roleArn: string;
      /** The issuer's address, as the role's trust names it: the Worker's own. */
      readonly issuer: string;
      readonly subject: string;
      /** Name of the secret with the issuer's private key. */
      readonly keySecret?: string;
      readonly audience?: string;
      /** @default 3600, the most that a role gives without more */
      readonly durationSeconds?: number;
      /** STS's address; AWS's of the region by default. */
      readonly stsUrl?: string;
    };

/** An endpoint as users write it. */
export interface SageMakerInput {
  readonly endpoint: string;
  readonly region: string;
  /** "openai": the endpoint's own OpenAI route. "invoke": InvokeEndpoint, for LMI, TGI and older containers. */
  readonly transport?: "openai" | "invoke";
  readonly inferenceComponent?: string;
  /** The runtime's address; AWS's of the region by default. A VPC endpoint, for one. */
  readonly url?: string;
  /** The model's name in the container, where it wants one. */
  readonly model?: string;
  readonly credentials?: CredentialsInput;
  /** Life of a bearer token, in seconds. */
  readonly tokenSeconds?: number;
  /** Largest request, in bytes: AWS's models say 6 MiB, newer texts 25 MB. */
  readonly maxBodyBytes?: number;
  /** Told to callers while the endpoint starts, and how often it is asked meanwhile, in seconds. */
  readonly coldRetrySeconds?: number;
  readonly coldProbeSeconds?: number;
  // "invoke" alone:
  readonly variant?: string;
  readonly targetModel?: string;
  readonly targetContainer?: string;
  readonly customAttributes?: string;
  /** Sends a chat's turns to the instance that holds its cache, by a session of the container. */
  readonly sessions?: boolean;
  /** Sends equal beginnings to the same instance, where the endpoint routes by prefix. */
  readonly prefixAware?: boolean;
  /** "inputs": a prompt in ChatML and `parameters`, for containers that know no chat. */
  readonly requestFormat?: "chat" | "inputs";
}

/** The same, complete. */
export type SageMakerSettings = Required<
  Omit<
    SageMakerInput,
    | "inferenceComponent"
    | "model"
    | "variant"
    | "targetModel"
    | "targetContainer"
    | "customAttributes"
  >
> & {
  readonly inferenceComponent: string | null;
  readonly model: string | null;
  readonly variant: string | null;
  readonly targetModel: string | null;
  readonly targetContainer: string | null;
  readonly customAttributes: string | null;
};

/** Names of endpoints, components and variants (SageMaker's API reference: at most 63 characters). */
const NAME = /^[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}$/;
const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/;
/** `BodyBlob`'s limit in AWS's own model of the API. */
const BODY_BYTES = 6_291_456;
/** Long enough for clocks that differ by minutes, short enough to be worthless soon. */
const TOKEN_SECONDS = 300;

/**
 * The input with what was left out filled in.
 * @throws {QwqError} `invalid_configuration`
 */
export function settingsOf(input: SageMakerInput): SageMakerSettings {
  const problem = sageMakerProblem(input);
  if (problem !== null) {
    throw new QwqError(
      "invalid_configuration",
      `the SageMaker endpoint's ${problem.field} ${problem.message}`,
    );
  }
  return {
    transport: "openai",
    url: runtimeUrl(input.region),
    credentials: { kind: "default" },
    tokenSeconds: TOKEN_SECONDS,
    maxBodyBytes: BODY_BYTES,
    coldRetrySeconds: 30,
    coldProbeSeconds: 10,
    sessions: false,
    prefixAware: false,
    requestFormat: "chat",
    inferenceComponent: null,
    model: null,
    variant: null,
    targetModel: null,
    targetContainer: null,
    customAttributes: null,
    ...input,
  };
}

/** What is wrong with names of the input; null where nothing is. */
function sageMakerProblem(
  input: SageMakerInput,
): { readonly field: keyof SageMakerInput; readonly message: string } | null {
  if (!NAME.test(input.endpoint)) return { field: "endpoint", message: "is no endpoint's name" };
  if (!REGION.test(input.region)) return { field: "region", message: "is no AWS region" };
  if (input.inferenceComponent !== undefined && !NAME.test(input.inferenceComponent)) {
    return { field: "inferenceComponent", message: "is no inference component's name" };
  }
  if (input.variant !== undefined && !NAME.test(input.variant)) {
    return { field: "variant", message: "is no variant's name" };
  }
  return null;
}

/** AWS's domain of a region's partition. */
export function dnsSuffix(region: string): string {
  if (region.startsWith("cn-")) return "amazonaws.com.cn";
  return region.startsWith("eusc-") ? "amazonaws.eu" : "amazonaws.com";
}

/** The runtime's address in a region. */
function runtimeUrl(region: string): string {
  return `https://runtime.sagemaker.${region}.${dnsSuffix(region)}`;
}
