import { jwtVerify, SignJWT } from "jose";
import { base64Url } from "../answers/job.ts";
import type { SessionKeys } from "./keys.ts";
import type { SessionsConfig } from "./sessions-config.ts";

/** Whose session a token belongs to. */
export interface SessionRef {
  readonly account: string;
  readonly family: string;
}

/** A refresh token: which of its session's it is, counted. */
export interface RefreshRef extends SessionRef {
  readonly generation: number;
}

/** What makes an access token one (RFC 9068): an identity token is none, even of the same key. */
const TYPE = "at+jwt";

/** A signed access token of a session. */
export async function signAccess(
  keys: SessionKeys,
  config: SessionsConfig,
  { account, family }: SessionRef,
  nowMs: number,
): Promise<string> {
  const seconds = Math.floor(nowMs / 1000);
  return new SignJWT({ fam: family })
    .setProtectedHeader({ alg: "EdDSA", typ: TYPE })
    .setIssuer(config.issuer)
    .setAudience(config.audience)
    .setSubject(account)
    .setJti(base64Url(crypto.getRandomValues(new Uint8Array(12))))
    .setIssuedAt(seconds)
    .setNotBefore(seconds)
    .setExpirationTime(seconds + Math.floor(config.accessMs / 1000))
    .sign(keys.sign);
}

/** The session of an access token; null for one that is not ours, or not good now. */
export async function verifyAccess(
  keys: SessionKeys,
  config: SessionsConfig,
  token: string,
  nowMs: number,
): Promise<SessionRef | null> {
  try {
    const { payload } = await jwtVerify(token, keys.verify, {
      issuer: config.issuer,
      audience: config.audience,
      algorithms: ["EdDSA"],
      typ: TYPE,
      requiredClaims: ["sub", "exp", "nbf"],
      currentDate: new Date(nowMs),
    });
    const { sub, fam } = payload;
    return typeof sub === "string" && typeof fam === "string"
      ? { account: sub, family: fam }
      : null;
  } catch {
    return null;
  }
}

const encoder = new TextEncoder();
const FORM = /^qrt_([\w-]{22})\.([\w-]{22})\.(0|[1-9]\d{0,8})\.([\w-]{43})$/;

const textOf = ({ account, family, generation }: RefreshRef): string =>
  `${account}.${family}.${generation}`;

/** A refresh token. The same of one generation each time, so that a repeated refresh can be answered alike. */
export async function makeRefresh(keys: SessionKeys, ref: RefreshRef): Promise<string> {
  const text = textOf(ref);
  const mac = await crypto.subtle.sign("HMAC", keys.mac, new Uint8Array(encoder.encode(text)));
  return `qrt_${text}.${base64Url(new Uint8Array(mac))}`;
}

/** What a refresh token says, where it is ours: what nobody made here reaches no store. */
export async function readRefresh(keys: SessionKeys, token: string): Promise<RefreshRef | null> {
  const [, account, family, count, code] = FORM.exec(token) ?? [];
  if (account === undefined || family === undefined || count === undefined || code === undefined)
    return null;
  const ref = { account, family, generation: Number(count) };
  // Compared by WebCrypto, which takes the same time for all.
  const text = new Uint8Array(encoder.encode(textOf(ref)));
  const mac = Uint8Array.from(atob(code.replaceAll("-", "+").replaceAll("_", "/")), (one) =>
    one.charCodeAt(0),
  );
  // One spelling alone: the last character has bits that are not part of the code.
  const good = base64Url(mac) === code && (await crypto.subtle.verify("HMAC", keys.mac, mac, text));
  return good ? ref : null;
}
