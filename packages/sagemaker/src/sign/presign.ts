import type { AwsCredentials } from "../credentials/credentials.ts";
import { hex, hmac, sha256Hex } from "./hmac.ts";

/** What is signed into a query: no body, no header but the host. */
export interface PresignRequest {
  readonly host: string;
  readonly service: string;
  readonly region: string;
  /** Parameters of the action; the signature's own are added. */
  readonly query: Readonly<Record<string, string>>;
  readonly expiresSeconds: number;
  /** Epoch ms. */
  readonly nowMs: number;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

/** Percent-encoding of SigV4: only unreserved characters (RFC 3986, 2.3) stay. */
export const uriEncode = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * The query of a presigned `POST https://host/`, by AWS's "Signature Version 4, query parameters": canonical request
 * with the SHA-256 of an empty body and the one signed header `host`. No `?` in front.
 */
export async function presignQuery(
  credentials: AwsCredentials,
  request: PresignRequest,
): Promise<string> {
  const { host, service, region, nowMs } = request;
  const time = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const parameters: Readonly<Record<string, string>> = {
    ...request.query,
    "X-Amz-Algorithm": ALGORITHM,
    "X-Amz-Credential": `${credentials.accessKeyId}/${scope}`,
    "X-Amz-Date": time,
    "X-Amz-Expires": String(request.expiresSeconds),
    "X-Amz-SignedHeaders": "host",
    ...(credentials.sessionToken === undefined
      ? {}
      : { "X-Amz-Security-Token": credentials.sessionToken }),
  };
  const query = Object.entries(parameters)
    .map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`)
    .toSorted((left, right) => (left < right ? -1 : 1))
    .join("&");
  const canonical = ["POST", "/", query, `host:${host}`, "", "host", await sha256Hex("")].join(
    "\n",
  );
  const toSign = [ALGORITHM, time, scope, await sha256Hex(canonical)].join("\n");
  let key = Uint8Array.from(new TextEncoder().encode(`AWS4${credentials.secretAccessKey}`));
  for (const part of [day, region, service, "aws4_request"]) key = await hmac(key, part);
  return `${query}&X-Amz-Signature=${hex(await hmac(key, toSign))}`;
}
