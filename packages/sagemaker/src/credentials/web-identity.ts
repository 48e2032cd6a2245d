import { QwqError } from "@qwq-fit/schema";
import { isObject, numberField, parseJson, stringField } from "@qwq-fit/wire";
import { signIdentityToken } from "../oidc/identity-token.ts";
import { readSigningKeys } from "../oidc/keys.ts";
import type { SageMakerPorts } from "../ports.ts";
import type { CredentialsInput } from "../settings.ts";
import { readText } from "../stream/read-text.ts";
import type { AwsCredentials } from "./credentials.ts";

/** Name of the secret with the issuer's private key, where none is named. */
export const ISSUER_KEY_SECRET = "QWQ_OIDC_KEY";

const ANSWER_BYTES = 256 * 1024;
const HOUR_SECONDS = 3600;
/** Longest wait for STS. */
const STS_MS = 10_000;

/**
 * Credentials of a role for a token that we issue ourselves: STS checks it by the documents at the issuer's address.
 * The call carries no signature and no key of AWS.
 * @throws {QwqError} `invalid_configuration`, `unauthorized`, `upstream_error`
 */
export async function assumeRole(
  input: CredentialsInput & { readonly kind: "web-identity" } & { readonly stsUrl: string },
  ports: Pick<SageMakerPorts, "fetch" | "now" | "secret" | "id" | "timer">,
): Promise<AwsCredentials> {
  const name = input.keySecret ?? ISSUER_KEY_SECRET;
  const secret = ports.secret(name);
  if (secret === undefined || secret === "") {
    throw new QwqError("invalid_configuration", `the secret ${name} is not set`, {
      hint: "It holds the private key with which this issuer signs its tokens.",
    });
  }
  const [key] = await readSigningKeys(secret);
  const token = await signIdentityToken(
    key,
    {
      issuer: input.issuer,
      subject: input.subject,
      audience: input.audience ?? "sts.amazonaws.com",
      id: ports.id(),
    },
    ports.now(),
  );
  const form = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: input.roleArn,
    RoleSessionName: sessionName(input.subject),
    WebIdentityToken: token,
    DurationSeconds: String(input.durationSeconds ?? HOUR_SECONDS),
  });
  const abort = new AbortController();
  const cancel = ports.timer(STS_MS, () => abort.abort());
  try {
    const response = await ports.fetch(`${input.stsUrl.replace(/\/+$/, "")}/`, {
      method: "POST",
      body: form.toString(),
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      redirect: "manual",
      signal: abort.signal,
    });
    const text = await readText(response.body, ANSWER_BYTES);
    if (response.status !== 200) throw refusedBy(response.status);
    const credentials = readAnswer(text);
    if (credentials === null) throw new QwqError("upstream_error", "STS sent no credentials");
    return credentials;
  } finally {
    cancel();
  }
}

/** STS's text names roles and accounts, so it is not passed on. */
function refusedBy(status: number): QwqError {
  return status >= 500 || status === 429
    ? new QwqError("upstream_error", "STS did not answer")
    : new QwqError("unauthorized", "STS refused the web identity", {
        hint: "The role's trust must name this issuer, its audience and its subject, and the issuer must be reachable.",
      });
}

/** A session's name may hold `\w+=,.@-`, 2 to 64 of them. */
const sessionName = (subject: string): string =>
  subject
    .replaceAll(/[^\w+=,.@-]+/g, "-")
    .slice(0, 64)
    .padEnd(2, "-");

/** STS's answer as JSON (asked for) or as XML (its own form). */
function readAnswer(text: string): AwsCredentials | null {
  const json = parseJson(text);
  if (json === undefined) return fromXml(text);
  const response = isObject(json) ? json["AssumeRoleWithWebIdentityResponse"] : undefined;
  const result = isObject(response) ? response["AssumeRoleWithWebIdentityResult"] : undefined;
  const told = isObject(result) ? result["Credentials"] : undefined;
  // Epoch seconds in JSON; text should it ever change.
  const seconds = numberField(told, "Expiration");
  const expiresMs =
    seconds === undefined ? Date.parse(stringField(told, "Expiration") ?? "") : seconds * 1000;
  return whole((name) => stringField(told, name), expiresMs);
}

function fromXml(text: string): AwsCredentials | null {
  const field = (name: string): string | undefined =>
    new RegExp(`<${name}>([^<]*)</${name}>`, "u").exec(text)?.[1]?.trim();
  return whole(field, Date.parse(field("Expiration") ?? ""));
}

function whole(
  field: (name: string) => string | undefined,
  expiresMs: number,
): AwsCredentials | null {
  const accessKeyId = field("AccessKeyId");
  const secretAccessKey = field("SecretAccessKey");
  const sessionToken = field("SessionToken");
  if (!accessKeyId || !secretAccessKey || !sessionToken || Number.isNaN(expiresMs)) return null;
  return { accessKeyId, secretAccessKey, sessionToken, expiresMs };
}
