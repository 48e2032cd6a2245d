import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from "@aws-sdk/client-sagemaker-runtime";
import type { AwsCredentials } from "../credentials/credentials.ts";
import type { SageMakerSettings } from "../settings.ts";
import { collectBody, fetchHandler } from "./fetch-handler.ts";

export { InvokeEndpointCommand, InvokeEndpointWithResponseStreamCommand };

/** AWS's client for the credentials of this moment. */
export type SdkClientFor = (credentials: AwsCredentials) => SageMakerRuntimeClient;

/**
 * AWS's client over our `fetch`: one attempt, for the retry policy is the relay's, and nothing read from this machine's
 * AWS settings. It is handed credentials, not their source: its own cache would have one request wait for another's
 * fetch, which in a Worker may never settle. Made anew when they change.
 */
export function createSdkClients(settings: SageMakerSettings, send: typeof fetch): SdkClientFor {
  let kept: { readonly key: string; readonly client: SageMakerRuntimeClient } | undefined;
  return ({ accessKeyId, secretAccessKey, sessionToken }) => {
    const key = JSON.stringify([accessKeyId, secretAccessKey, sessionToken]);
    if (kept?.key === key) return kept.client;
    const client = new SageMakerRuntimeClient({
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
      credentials: {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
      },
    });
    kept = { key, client };
    return client;
  };
}
