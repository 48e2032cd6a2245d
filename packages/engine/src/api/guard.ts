import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Why a caller is turned away. */
export interface Refusal {
  readonly code: "forbidden" | "unauthorized";
  readonly message: string;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Whether a `Host` header names this machine's loopback. A web page of `evil.example` whose name was
 * pointed at 127.0.0.1 (DNS rebinding) still sends its own name.
 */
export function isLoopbackHost(host: string | null): boolean {
  if (host === null) return false;
  const name = host.replace(/:\d{1,5}$/, "").toLowerCase();
  return LOOPBACK.has(name) || /^[a-z0-9-]{1,63}\.localhost$/.test(name);
}

/**
 * Checks who may call. On loopback the Host must be loopback's. An Origin (only browsers send one) must
 * be among the named ones, wherever the server is bound.
 */
export function refuseCaller(
  headers: Headers,
  options: { readonly loopback: boolean; readonly corsOrigins: readonly string[] },
): Refusal | null {
  if (options.loopback && !isLoopbackHost(headers.get("host"))) {
    return { code: "forbidden", message: "this server answers to localhost only" };
  }
  const origin = headers.get("origin");
  if (origin !== null && !options.corsOrigins.includes(origin)) {
    return { code: "forbidden", message: "this origin is not allowed; name it with --cors-origin" };
  }
  return null;
}

/** The key of a request: OpenAI's header, or Anthropic's. */
export function keyOf(headers: Headers): string | null {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.get("authorization") ?? "");
  return bearer?.[1] ?? headers.get("x-api-key");
}

/** Whether a key is one of the allowed; takes the same time for each. */
export function isAllowedKey(key: string | null, allowed: readonly string[]): boolean {
  if (key === null) return false;
  const given = digest(key);
  return allowed.map((one) => timingSafeEqual(given, digest(one))).includes(true);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** What a server answers to a client's nonce: only one that has the state file's token can. */
export function proofOf(token: string, nonce: string): string {
  return createHmac("sha256", token).update(nonce).digest("hex");
}
