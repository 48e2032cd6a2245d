import { QwqError } from "@qwq-fit/schema";
import type { Membership } from "./agent.ts";
import { createNodeKeys } from "./node-keys.ts";

const ANSWER_MS = 30_000;

/**
 * Joins a router: makes a pair of keys, and has the public one certified for a one-time code.
 * @throws {QwqError} `network`, `unauthorized` for a code that is wrong, used or too old, `protocol_error`
 */
export async function enrol(router: string, code: string, name: string): Promise<Membership> {
  const keys = await createNodeKeys();
  const { origin } = new URL(router);
  const response = await fetch(`${router.replace(/\/+$/, "")}/v1/nodes/enrol`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code, name, publicKey: keys.publicKey }),
    redirect: "error",
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch((error: unknown) => {
    throw new QwqError("network", `${origin} cannot be reached`, { cause: error });
  });
  const value: unknown = await response.json().catch(() => null);
  const field = (key: string): string => {
    const found: unknown = Reflect.get(Object(value), key);
    return typeof found === "string" ? found : "";
  };
  if (response.status === 401 || response.status === 403) {
    throw new QwqError("unauthorized", "the router does not take this code", {
      hint: "A code is good once, for ten minutes. Ask for another: qwq-fit nodes invite",
    });
  }
  const id = field("id");
  const certificate = field("certificate");
  if (!response.ok || id === "" || certificate === "") {
    throw new QwqError("protocol_error", `${origin} answered ${response.status} to joining`, {
      hint: "Is it a router of qwq-fit that lets machines join?",
    });
  }
  return { router, id, name: field("name"), certificate, keys };
}
