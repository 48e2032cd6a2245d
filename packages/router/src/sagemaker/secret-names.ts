import type { SageMakerInput } from "@qwq-fit/sagemaker";

/** Name of the secret with the key that signs our identities, where none is named. */
export const ISSUER_KEY_SECRET = "QWQ_OIDC_KEY";

/** Names of the secrets that a node's credentials may need: whoever hands secrets to a runtime hands these too. */
export function sageMakerSecretNames(input: SageMakerInput | null): readonly string[] {
  if (input === null) return [];
  const credentials = input.credentials ?? { kind: "default" };
  if (credentials.kind === "web-identity") return [credentials.keySecret ?? ISSUER_KEY_SECRET];
  const named = credentials.kind === "static" ? credentials : null;
  return [
    named?.accessKeyIdSecret ?? "AWS_ACCESS_KEY_ID",
    named?.secretAccessKeySecret ?? "AWS_SECRET_ACCESS_KEY",
    named?.sessionTokenSecret ?? "AWS_SESSION_TOKEN",
  ];
}
