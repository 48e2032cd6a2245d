import type { RouterContext } from "../api/context.ts";
import type { RouterPorts } from "../ports.ts";
import type { AnswerPorts } from "./answer-ports.ts";
import type { AnswerRecord } from "./record.ts";

const encoder = new TextEncoder();
/** A receiver has this long to say something; Standard Webhooks recommends 15 to 30 s. */
const ANSWER_MS = 15_000;

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const made = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", made, encoder.encode(text)));
}

/** A caller's own signing key: nobody can sign for another, though all come from one secret. */
const keyOf = (secret: string, caller: string): Promise<Uint8Array<ArrayBuffer>> =>
  hmac(new Uint8Array(encoder.encode(secret)), `webhook\0${caller}`);

/** The key as receivers' libraries take it: `whsec_` and base64 (Standard Webhooks, "Signature scheme"). */
export async function webhookSecretOf(secret: string, caller: string): Promise<string> {
  return `whsec_${base64(await keyOf(secret, caller))}`;
}

/** The headers that prove where a webhook is from: HMAC-SHA256 of `id.timestamp.body`, symmetric scheme `v1`. */
export async function webhookHeaders(
  secret: string,
  caller: string,
  message: { readonly id: string; readonly seconds: number; readonly body: string },
): Promise<Record<string, string>> {
  const { id, seconds, body } = message;
  const mac = await hmac(await keyOf(secret, caller), `${id}.${seconds}.${body}`);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": `v1,${base64(mac)}`,
  };
}

/** What is told: that it ended and how, not what it says. */
function payloadOf(record: AnswerRecord): string {
  const { id, status, model, error, endedMs, createdMs } = record;
  return JSON.stringify({
    type: `answer.${status}`,
    timestamp: new Date(endedMs ?? createdMs).toISOString(),
    data: { id, object: "answer", status, model, error },
  });
}

/** Tells webhooks. Redirects are not followed, what is answered is not read. */
export function createNotify({
  config,
  ports,
}: Pick<RouterContext, "config" | "ports">): AnswerPorts["notify"] {
  const { secret: name, trustedHosts } = config.answers.webhooks;
  return async (record, url) => {
    const secret = ports.secret(name);
    if (secret === undefined) return 0;
    const body = payloadOf(record);
    const message = { id: record.id, seconds: Math.floor(ports.now() / 1000), body };
    const { host, hostname } = new URL(url);
    const trusted = trustedHosts.includes(host) || trustedHosts.includes(hostname);
    const send: RouterPorts["fetch"] = trusted ? ports.fetch : (ports.publicFetch ?? ports.fetch);
    const abort = new AbortController();
    const stop = ports.timer(ANSWER_MS, () => abort.abort());
    try {
      const response = await send(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "qwq-fit-router",
          ...(await webhookHeaders(secret, record.owner, message)),
        },
        body,
        redirect: "manual",
        signal: abort.signal,
      });
      await response.body?.cancel().catch(() => undefined);
      return response.status;
    } catch {
      return 0;
    } finally {
      stop();
    }
  };
}
