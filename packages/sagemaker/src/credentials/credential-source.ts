import { QwqError } from "@qwq-fit/schema";
import type { SageMakerPorts } from "../ports.ts";
import { type CredentialsInput, dnsSuffix } from "../settings.ts";
import { cachedCredentials } from "./cached.ts";
import type { AwsCredentials, CredentialSource } from "./credentials.ts";

/** The source that an endpoint's settings name. Nothing is fetched before the first request. */
export function credentialSource(
  input: CredentialsInput,
  region: string,
  ports: SageMakerPorts,
): CredentialSource {
  switch (input.kind) {
    case "static":
      return fromSecrets(input, ports);
    case "default":
      return ports.defaultCredentials === undefined
        ? fromSecrets({ kind: "static" }, ports)
        : cachedCredentials(ports.defaultCredentials, ports);
    case "web-identity": {
      const stsUrl = input.stsUrl ?? `https://sts.${region}.${dnsSuffix(region)}`;
      return cachedCredentials(
        async () => (await import("./web-identity.ts")).assumeRole({ ...input, stsUrl }, ports),
        ports,
      );
    }
  }
}

/** Keys that stand in secrets: read at each request, so that a changed secret is a changed key. */
function fromSecrets(
  input: CredentialsInput & { readonly kind: "static" },
  ports: Pick<SageMakerPorts, "secret">,
): CredentialSource {
  const needed = (name: string): string => {
    const value = ports.secret(name);
    if (value !== undefined && value !== "") return value;
    throw new QwqError("invalid_configuration", `the secret ${name} is not set`, {
      hint: "SageMaker needs AWS credentials: keys in secrets, a role by web identity, or AWS's default chain.",
    });
  };
  return {
    forget: () => undefined,
    get: async (): Promise<AwsCredentials> => ({
      accessKeyId: needed(input.accessKeyIdSecret ?? "AWS_ACCESS_KEY_ID"),
      secretAccessKey: needed(input.secretAccessKeySecret ?? "AWS_SECRET_ACCESS_KEY"),
      sessionToken: ports.secret(input.sessionTokenSecret ?? "AWS_SESSION_TOKEN"),
    }),
  };
}
