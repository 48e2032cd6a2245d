// AWS Signature Version 4 from its specification ("Create a signed AWS API request", "Signature Version 4 query
// parameters"), for checking what others signed. It shares nothing with the signers under test.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** A key that the server knows. */
export interface KnownKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** What came over the wire. */
export interface SignedRequest {
  readonly method: string;
  /** As sent: path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: string; readonly why: string };

const SKEW_MS = 5 * 60_000;
const ALGORITHM = "AWS4-HMAC-SHA256";
const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const sign = (key: string | Buffer, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();
const refuse = (code: string, why: string): Verdict => ({ ok: false, code, why });

/** RFC 3986's unreserved characters stay, every other byte is %XX. */
function encode(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      /[A-Za-z0-9\-._~]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    )
    .join("");
}

function canonicalQuery(query: string, without: string): string {
  if (query === "") return "";
  return query
    .split("&")
    .map((pair) => {
      const at = pair.indexOf("=");
      const [name, value] = at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
      return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value))] as const;
    })
    .filter(([name]) => name !== without)
    .toSorted(([a, b], [c, d]) => (a < c ? -1 : a > c ? 1 : b < d ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Each segment as it was sent, encoded once more: every service but S3 signs paths so. */
const canonicalPath = (path: string): string =>
  path
    .split("/")
    .map((segment) => encode(segment))
    .join("/");

/** Fifteen characters, "20261123T120000Z", as epoch ms. */
function readTime(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  return match === null
    ? Number.NaN
    : Date.parse(`${match.slice(1, 4).join("-")}T${match.slice(4, 7).join(":")}Z`);
}

interface Claimed {
  readonly key: KnownKey;
  readonly scope: readonly string[];
  readonly time: string;
  readonly signature: string;
}

function signatureOf({ key, scope, time }: Claimed, canonical: string): string {
  const text = [ALGORITHM, time, scope.join("/"), sha256(canonical)].join("\n");
  let signing: string | Buffer = `AWS4${key.secretAccessKey}`;
  for (const part of scope) signing = sign(signing, part);
  return sign(signing, text).toString("hex");
}

function compare(claimed: Claimed, canonical: string): Verdict {
  const right = Buffer.from(signatureOf(claimed, canonical));
  const given = Buffer.from(claimed.signature);
  return right.length === given.length && timingSafeEqual(right, given)
    ? { ok: true }
    : refuse(
        "InvalidSignatureException",
        `the signature does not match; canonical request:\n${canonical}`,
      );
}

function checkScope(scope: readonly string[], time: string, region: string): Verdict {
  const [day, place, service, end] = scope;
  if (scope.length !== 4 || end !== "aws4_request")
    return refuse("IncompleteSignatureException", "scope");
  if (day !== time.slice(0, 8))
    return refuse("InvalidSignatureException", "the scope's day is not the date's");
  if (place !== region)
    return refuse("InvalidSignatureException", `signed for the region ${place}`);
  if (service !== "sagemaker")
    return refuse("InvalidSignatureException", `signed for the service ${service}`);
  return { ok: true };
}

const one = (value: string | string[] | undefined): string =>
  Array.isArray(value) ? value.join(",") : (value ?? "");

/** Checks an `Authorization: AWS4-HMAC-SHA256 …` header. Every `x-amz-*` header must be signed, and the body's hash. */
export function verifyHeader(
  request: SignedRequest,
  keys: readonly KnownKey[],
  region: string,
  nowMs: number,
): Verdict {
  const { headers } = request;
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
      one(headers["authorization"]),
    );
  if (match === null)
    return refuse("IncompleteSignatureException", "no SigV4 in the Authorization header");
  const [, credential = "", signed = "", signature = ""] = match;
  const [id, ...scope] = credential.split("/");
  const key = keys.find((known) => known.accessKeyId === id);
  if (key === undefined) return refuse("UnrecognizedClientException", "unknown access key");
  const time = one(headers["x-amz-date"]);
  const at = readTime(time);
  if (Number.isNaN(at)) return refuse("IncompleteSignatureException", "no X-Amz-Date");
  if (Math.abs(at - nowMs) > SKEW_MS)
    return refuse("InvalidSignatureException", "the clock is off");
  const rightScope = checkScope(scope, time, region);
  if (!rightScope.ok) return rightScope;
  const names = signed.split(";");
  if (names.join(";") !== names.toSorted().join(";"))
    return refuse("InvalidSignatureException", "order of headers");
  if (!names.includes("host")) return refuse("InvalidSignatureException", "host is not signed");
  for (const name of Object.keys(headers)) {
    if (name.startsWith("x-amz-") && !names.includes(name)) {
      return refuse("InvalidSignatureException", `${name} is not signed`);
    }
  }
  if (key.sessionToken !== undefined && one(headers["x-amz-security-token"]) !== key.sessionToken) {
    return refuse("ExpiredTokenException", "the session token is not this key's");
  }
  const hash = sha256(request.body);
  const told = one(headers["x-amz-content-sha256"]);
  if (told !== "" && told !== hash)
    return refuse("InvalidSignatureException", "the body's hash is wrong");
  const [path = "", query = ""] = request.target.split("?");
  const canonical = [
    request.method,
    canonicalPath(path),
    canonicalQuery(query, ""),
    ...names.map((name) => `${name}:${one(headers[name]).trim().replaceAll(/ +/g, " ")}`),
    "",
    signed,
    hash,
  ].join("\n");
  return compare({ key, scope, time, signature }, canonical);
}

const TOKEN_PREFIX = "sagemaker-api-key-";

/** Checks a bearer token: the presigned call in it, its life, its key. */
export function verifyBearer(
  token: string,
  keys: readonly KnownKey[],
  region: string,
  nowMs: number,
): Verdict {
  if (!token.startsWith(TOKEN_PREFIX))
    return refuse("AccessDeniedException", "no token of SageMaker's");
  const encoded = token.slice(TOKEN_PREFIX.length);
  const text = Buffer.from(encoded, "base64").toString("latin1");
  if (Buffer.from(text, "latin1").toString("base64") !== encoded) {
    return refuse("AccessDeniedException", "the token is no base64");
  }
  const [host, query = ""] = text.split("/?");
  if (host !== "sagemaker.amazonaws.com")
    return refuse("AccessDeniedException", `signed for ${host}`);
  if (!query.endsWith("&Version=1")) return refuse("AccessDeniedException", "no version");
  const presigned = query.slice(0, -"&Version=1".length);
  const told = new URLSearchParams(presigned);
  if (told.get("Action") !== "CallWithBearerToken")
    return refuse("AccessDeniedException", "another action");
  if (told.get("X-Amz-Algorithm") !== ALGORITHM)
    return refuse("AccessDeniedException", "another algorithm");
  if (told.get("X-Amz-SignedHeaders") !== "host")
    return refuse("AccessDeniedException", "other headers");
  const time = told.get("X-Amz-Date") ?? "";
  const at = readTime(time);
  const life = Number(told.get("X-Amz-Expires"));
  if (!(life >= 1 && life <= 43_200)) return refuse("AccessDeniedException", "life of the token");
  if (Number.isNaN(at) || at - nowMs > SKEW_MS)
    return refuse("AccessDeniedException", "made in the future");
  if (nowMs > at + life * 1000) return refuse("ExpiredTokenException", "the token has expired");
  const [id, ...scope] = (told.get("X-Amz-Credential") ?? "").split("/");
  const key = keys.find((known) => known.accessKeyId === id);
  if (key === undefined) return refuse("UnrecognizedClientException", "unknown access key");
  const rightScope = checkScope(scope, time, region);
  if (!rightScope.ok) return rightScope;
  if ((told.get("X-Amz-Security-Token") ?? undefined) !== key.sessionToken) {
    return refuse("ExpiredTokenException", "the session token is not this key's");
  }
  const canonical = [
    "POST",
    "/",
    canonicalQuery(presigned, "X-Amz-Signature"),
    `host:${host}`,
    "",
    "host",
    sha256(""),
  ].join("\n");
  return compare({ key, scope, time, signature: told.get("X-Amz-Signature") ?? "" }, canonical);
}
