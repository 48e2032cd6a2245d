import { QwqError } from "@qwq-fit/schema";
import { isObject, stringField } from "@qwq-fit/wire";
import { errorBody, errorHeaders, faultOf } from "../api/http-error.ts";
import { readJsonBody } from "../api/read-body.ts";
import { shown } from "./announcement.ts";
import type { LanKeys } from "./lan-keys.ts";
import { LAN_NONCE, lanProof } from "./lan-proof.ts";
import type { PairingCode } from "./pairing-code.ts";

/** What a client is told of the server that it was paired with; none of it is secret. */
export interface LanNode {
  readonly instance: string;
  readonly name: string;
  readonly model: string;
  readonly aliases: readonly string[];
}

export interface LanDoorOptions {
  readonly code: PairingCode;
  readonly keys: LanKeys;
  readonly node: LanNode;
  /** Whether "192.168.1.5:8080" is this server. */
  readonly isOwnAddress: (address: string) => boolean;
  readonly now: () => number;
  /** A client was paired: its key may call from now on. */
  readonly onPaired: (pairing: { readonly name: string; readonly key: string }) => void;
}

/** The two requests that need no key: a code becomes one, and the server proves that it has it. */
export interface LanDoor {
  /** The answer, or null for a path that is not below `/lan/`. */
  answer(request: Request): Promise<Response> | null;
}

/** More than these fields take. */
const BODY_BYTES = 4096;
/** Pairing is tried by people. */
const TRIES = 20;
const TRIES_MS = 60_000;

/** `POST /lan/pair {code, name}` and `POST /lan/proof {id, nonce, address}`. */
export function createLanDoor(options: LanDoorOptions): LanDoor {
  let since = Number.NEGATIVE_INFINITY;
  let tries = 0;
  const limit = (): void => {
    const now = options.now();
    if (now - since >= TRIES_MS) {
      since = now;
      tries = 0;
    }
    tries += 1;
    if (tries <= TRIES) return;
    throw new QwqError("rate_limited", "too many tries to pair", {
      details: { retryAfterMs: since + TRIES_MS - now },
    });
  };
  const answer = async (request: Request, path: string): Promise<object> => {
    // Only web pages send an Origin, and none of them has a part in pairing.
    if (request.headers.get("origin") !== null) {
      throw new QwqError("forbidden", "web pages may not pair");
    }
    if (request.method !== "POST" || !["/lan/pair", "/lan/proof"].includes(path)) {
      throw new QwqError("invalid_request", `there is no ${request.method} of this here`, {
        details: { status: 404 },
      });
    }
    if (path === "/lan/pair") limit();
    const body = await readJsonBody(request, BODY_BYTES);
    if (!isObject(body)) throw new QwqError("invalid_request", "the body must be an object");
    const field = (name: string): string => stringField(body, name) ?? "";
    return path === "/lan/pair"
      ? await pair(field("code"), field("name"), options)
      : prove(field("id"), field("nonce"), field("address"), options);
  };
  return {
    answer: (request) => {
      const path = new URL(request.url).pathname;
      if (!path.startsWith("/lan/")) return null;
      return answer(request, path).then((value) => Response.json(value), failed);
    },
  };
}

async function pair(code: string, name: string, options: LanDoorOptions): Promise<object> {
  const outcome = options.code.check(code);
  if (outcome !== "right") {
    throw new QwqError(
      outcome === "wrong" ? "unauthorized" : "forbidden",
      outcome === "wrong"
        ? "this code is wrong"
        : "the code was used, has ended after ten minutes, or after five wrong tries",
      outcome === "wrong" ? {} : { hint: "Start the server again: it prints a new one." },
    );
  }
  const pairedAt = new Date(options.now()).toISOString();
  const pairing = await options.keys.add(shown(name).slice(0, 64), pairedAt);
  options.onPaired(pairing);
  return { id: pairing.id, key: pairing.key, node: options.node };
}

function prove(id: string, nonce: string, address: string, options: LanDoorOptions): object {
  if (!LAN_NONCE.test(nonce)) {
    throw new QwqError("invalid_value", "`nonce` must be 16 to 128 letters and digits");
  }
  if (!options.isOwnAddress(address)) {
    throw new QwqError("forbidden", "`address` is not this server's own");
  }
  const pairing = options.keys.pairings.find((one) => one.id === id);
  if (pairing === undefined) throw new QwqError("unauthorized", "this pairing is unknown");
  return { proof: lanProof(pairing.key, nonce, address) };
}

function failed(error: unknown): Response {
  const fault = faultOf(error);
  return Response.json(errorBody(fault, "openai"), {
    status: fault.status,
    headers: errorHeaders(fault),
  });
}
