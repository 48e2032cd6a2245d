import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from "@aws-sdk/client-sagemaker-runtime";
import type { CredentialSource } from "../credentials/credentials.ts";
import type { SageMakerSettings } from "../settings.ts";
import { collectBody, fetchHandler } from "./fetch-handler.ts";

export { InvokeEndpointCommand, InvokeEndpointWithResponseStreamCommand };

/**
 * AWS's client over our `fetch` and credentials: one attempt, for the retry policy is the relay's, and nothing read
 * from this machine's AWS settings.
 */
export function createSdkClient(
  settings: SageMakerSettings,
  credentials: CredentialSource,
  send: typeof fetch,
): SageMakerRuntimeClient {
  return new SageMakerRuntimeClient({
    region: settings.region,
    endpoint: settings.url,
    maxAttempts: 1,
    retryMode: "standard",
    defaultsMode: "standard",
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    authSchemePreference: ["sigv4"],
    userAgentAppId: "qwq-fit",
    requestHandler: fetchHandler(send),
    streamCollector: collectBody,
    credentials: async () => {
      const { accessKeyId, secretAccessKey, sessionToken } = await credentials.get();
      // Ours are cached: an end told here would make the SDK keep them too.
      return {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
        expiration: new Date(0),
      };
    },
  });
}
