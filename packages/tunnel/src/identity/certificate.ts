import { fromBase64Url, hmac, jsonFromBase64Url, sameBytes, toBase64Url, utf8 } from "./bytes.ts";

/** A public key on P-256. */
export interface PublicKey {
  readonly x: string;
  readonly y: string;
}

/** What a router has certified: this key is this node's. */
export interface Certificate {
  readonly node: string;
  readonly key: PublicKey;
  /** Epoch s. */
  readonly issued: number;
}

/** The key in a JWK, without anything else that it may hold; null where it is none of P-256. */
export function readPublicKey(value: unknown): PublicKey | null {
  if (typeof value !== "object" || value === null) return null;
  const x: unknown = Reflect.get(value, "x");
  const y: unknown = Reflect.get(value, "y");
  if (typeof x !== "string" || typeof y !== "string") return null;
  return fromBase64Url(x)?.length === 32 && fromBase64Url(y)?.length === 32 ? { x, y } : null;
}

const macOf = (secret: string, payload: string): Promise<Uint8Array> =>
  hmac(secret, `node-certificate:${payload}`);

/** A certificate as text: `payload.mac`. It has one form and names no algorithm, so none can be chosen. */
export async function issueCertificate(secret: string, certificate: Certificate): Promise<string> {
  const payload = toBase64Url(utf8(JSON.stringify(certificate)));
  return `${payload}.${toBase64Url(await macOf(secret, payload))}`;
}

/** What this router has certified; null for anything else. */
export async function readCertificate(secret: string, text: string): Promise<Certificate | null> {
  const [payload = "", mac = "", more] = text.split(".");
  const given = fromBase64Url(mac);
  if (more !== undefined || given === null) return null;
  if (!sameBytes(given, await macOf(secret, payload))) return null;
  const value = jsonFromBase64Url(payload);
  const node = value?.["node"];
  const issued = value?.["issued"];
  const key = readPublicKey(value?.["key"]);
  if (typeof node !== "string" || typeof issued !== "number" || key === null) return null;
  return { node, key, issued };
}
