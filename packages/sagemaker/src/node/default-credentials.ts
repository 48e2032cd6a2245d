import type { AwsCredentials } from "../credentials/credentials.ts";

/**
 * Credentials by AWS's default chain on Node: environment, SSO, shared files, processes, web identity, container and
 * instance metadata. The chain is loaded at the first call. Rejects where it finds none.
 */
export function defaultCredentials(): () => Promise<AwsCredentials> {
  let chain: Promise<() => Promise<AwsCredentials>> | undefined;
  return async () => {
    chain ??= import("@aws-sdk/credential-provider-node").then(({ defaultProvider }) => {
      const provide = defaultProvider();
      return async () => {
        const { accessKeyId, secretAccessKey, sessionToken, expiration } = await provide();
        const expiresMs = expiration?.getTime();
        return { accessKeyId, secretAccessKey, sessionToken, expiresMs };
      };
    });
    return (await chain)();
  };
}
