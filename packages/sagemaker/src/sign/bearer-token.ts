import type { AwsCredentials } from "../credentials/credentials.ts";
import { presignQuery } from "./presign.ts";

/** AWS's host for bearer tokens, the same in every region: it is signed, never asked. */
const HOST = "sagemaker.amazonaws.com";
const PREFIX = "sagemaker-api-key-";
/** A token's longest life, by AWS: 12 hours. */
const MOST_SECONDS = 12 * 3600;

export interface BearerTokenRequest {
  /** The endpoint's region. */
  readonly region: string;
  /** Epoch ms. */
  readonly nowMs: number;
  /** Life in seconds, 1 to 43,200; shortened to what is left of the credentials. */
  readonly expiresSeconds: number;
}

/**
 * A bearer token for an endpoint's OpenAI route, made here without a call: the presigned `CallWithBearerToken` of
 * AWS's own token generator (sagemaker-python-sdk, sagemaker-core, token_generator), without its "https://", in base64.
 * As good as the credentials for its life, so it is made for one request and never kept.
 */
export async function mintBearerToken(
  credentials: AwsCredentials,
  { region, nowMs, expiresSeconds }: BearerTokenRequest,
): Promise<string> {
  const left =
    credentials.expiresMs === undefined
      ? MOST_SECONDS
      : Math.floor((credentials.expiresMs - nowMs) / 1000);
  const query = await presignQuery(credentials, {
    host: HOST,
    service: "sagemaker",
    region,
    query: { Action: "CallWithBearerToken" },
    expiresSeconds: Math.max(1, Math.min(MOST_SECONDS, left, Math.floor(expiresSeconds))),
    nowMs,
  });
  return PREFIX + btoa(`${HOST}/?${query}&Version=1`);
}
