import type { CredentialsInput, SageMakerInput } from "@qwq-fit/sagemaker";
import type { FieldReader } from "../config/read.ts";

/** Mirrors the names that SageMaker gives, so that a typing error is told at the start and not by AWS. */
const NAME = /^[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}$/;
const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/;

/** An endpoint of a node with `"kind": "sagemaker"`; the node's `url` is for a VPC endpoint, its region is AWS's. */
export function readEndpoint(reader: FieldReader, url: string): SageMakerInput {
  const name = (key: string): string | undefined => {
    const text = reader.textOrNull(key) ?? undefined;
    if (text !== undefined && !NAME.test(text)) {
      reader.problem(key, "must be of letters, digits and dashes, at most 63");
    }
    return text;
  };
  const region = reader.text("region");
  if (region !== "" && !REGION.test(region)) {
    reader.problem("region", 'must be an AWS region, as "us-east-1"');
  }
  const endpoint = name("endpoint");
  if (endpoint === undefined) reader.problem("endpoint", "is missing: the endpoint's name");
  const input = {
    endpoint: endpoint ?? "",
    region,
    url: url === "" ? undefined : url,
    transport: reader.choice("transport", ["openai", "invoke"], "openai"),
    model: reader.textOrNull("upstreamModel") ?? undefined,
    inferenceComponent: name("inferenceComponent"),
    variant: name("variant"),
    targetModel: reader.textOrNull("targetModel") ?? undefined,
    targetContainer: name("targetContainer"),
    customAttributes: reader.textOrNull("customAttributes") ?? undefined,
    sessions: reader.flag("sessions", false),
    prefixAware: reader.flag("prefixAware", false),
    requestFormat: reader.choice("requestFormat", ["chat", "inputs"], "chat"),
    tokenSeconds: reader.numberOrNull("tokenSeconds", 1, 43_200) ?? undefined,
    maxBodyBytes: reader.numberOrNull("maxBodyBytes", 1024, 25_000_000) ?? undefined,
    coldRetrySeconds: reader.numberOrNull("coldRetrySeconds", 1, 3600) ?? undefined,
    coldProbeSeconds: reader.numberOrNull("coldProbeSeconds", 0.01, 3600) ?? undefined,
    credentials: readCredentials(reader),
  };
  for (const key of ["variant", "targetModel", "targetContainer", "customAttributes"] as const) {
    if (input.transport === "openai" && input[key] !== undefined)
      reader.problem(key, 'needs "transport": "invoke"');
  }
  for (const key of ["sessions", "prefixAware"] as const) {
    if (input.transport === "openai" && input[key])
      reader.problem(key, 'needs "transport": "invoke"');
  }
  return present(input);
}

function readCredentials(node: FieldReader): CredentialsInput | undefined {
  if (!node.has("credentials")) return undefined;
  const reader = node.object("credentials");
  const kind = reader.choice("kind", ["default", "static", "web-identity"], "default");
  let input: CredentialsInput = { kind: "default" };
  if (kind === "static") {
    input = present({
      kind,
      accessKeyIdSecret: reader.textOrNull("accessKeyIdSecret") ?? undefined,
      secretAccessKeySecret: reader.textOrNull("secretAccessKeySecret") ?? undefined,
      sessionTokenSecret: reader.textOrNull("sessionTokenSecret") ?? undefined,
    });
  } else if (kind === "web-identity") {
    const issuer = reader.text("issuer");
    if (issuer !== "" && !/^https?:\/\/[^/?#@]+(\/[^?#]*)?$/.test(issuer)) {
      reader.problem("issuer", "must be the address at which this router is reached");
    }
    const roleArn = reader.text("roleArn");
    if (roleArn !== "" && !/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(roleArn)) {
      reader.problem("roleArn", "must be a role's ARN");
    }
    const stsUrl = reader.textOrNull("stsUrl");
    if (stsUrl !== null && !/^https?:\/\/[^/?#@]+\/?$/.test(stsUrl)) {
      reader.problem("stsUrl", "must be an origin: https://host");
    }
    input = present({
      kind,
      roleArn,
      issuer,
      subject: reader.text("subject", "qwq-fit-router"),
      keySecret: reader.textOrNull("keySecret") ?? undefined,
      audience: reader.textOrNull("audience") ?? undefined,
      durationSeconds: reader.numberOrNull("durationSeconds", 900, 43_200) ?? undefined,
      stsUrl: stsUrl ?? undefined,
    });
  }
  reader.finish();
  return input;
}

type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The value without what was left out: an absent setting is its default. */
function present<T extends object>(value: T): Present<T> {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same fields, those without a value removed
  return Object.fromEntries(entries) as Present<T>;
}
