import { lookup } from "node:dns/promises";
import { isLanProof, lanNonce, shown } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";
import { isObject, parseJson, stringField } from "@qwq-fit/wire";
import { lanNodeOf } from "./paired-file.ts";
import type { PairedNode } from "./paired-file.ts";

/** How long a server in the house may take to answer, ms. */
const ANSWER_MS = 20_000;
/** More than any answer to these questions. */
const MOST_BYTES = 64 * 1024;

/**
 * A server's address as somebody typed it, as "http://192.168.1.5:8080": what a server proves is an address, not a name.
 * @throws {QwqError} `usage`, `network`
 */
export async function lanOrigin(text: string): Promise<string> {
  const whole = /^https?:\/\//iu.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  if (url === null || url.protocol !== "http:" || url.username !== "" || url.password !== "") {
    throw new QwqError("usage", `${text} is no address of a server in this network`, {
      hint: "Pass it as `serve --lan` printed it: http://192.168.1.5:8080.",
    });
  }
  const { address } = await lookup(url.hostname, { family: 4 }).catch((error: unknown) => {
    throw new QwqError("network", `${url.hostname} is not known here`, { cause: error });
  });
  return `http://${address}:${url.port === "" ? "80" : url.port}`;
}

/**
 * Becomes a client of a server; what comes back is kept, nothing is yet.
 * @throws {QwqError} `network`, `unauthorized`, `forbidden`, `rate_limited`, `protocol_error`
 */
export async function pairWith(origin: string, code: string, name: string): Promise<PairedNode> {
  const late = AbortSignal.timeout(ANSWER_MS);
  const { status, value } = await ask(`${origin}/lan/pair`, { code, name }, late).catch(
    (error: unknown) => {
      throw new QwqError("network", `${origin} cannot be reached`, { cause: error });
    },
  );
  if (status !== 200) throw refusal(origin, status, value);
  const body = isObject(value) ? value : {};
  const id = stringField(body, "id");
  const key = stringField(body, "key");
  const node = lanNodeOf(body["node"]);
  if (!id || !key || node === null) {
    throw new QwqError("protocol_error", `what answers at ${origin} is no server of ours`);
  }
  const paired = { ...node, name: shown(node.name), model: shown(node.model), id, key, origin };
  if (await provesKey(origin, paired)) return paired;
  throw new QwqError("protocol_error", `the server at ${origin} does not prove that address`, {
    hint: "Use the address of the server itself: --url as `serve --lan` printed it.",
  });
}

/** Whether the server at this address has the pairing's key. The key itself is not sent. */
export async function provesKey(
  origin: string,
  { id, key }: Pick<PairedNode, "id" | "key">,
  signal?: AbortSignal | null,
): Promise<boolean> {
  const address = origin.replace("http://", "");
  const nonce = lanNonce();
  const late = AbortSignal.timeout(ANSWER_MS);
  const until = signal ? AbortSignal.any([signal, late]) : late;
  const answer = await ask(`${origin}/lan/proof`, { id, nonce, address }, until).catch(() => null);
  if (answer === null || answer.status !== 200 || !isObject(answer.value)) return false;
  return isLanProof(stringField(answer.value, "proof") ?? "", key, nonce, address);
}

function refusal(origin: string, status: number, value: unknown): QwqError {
  const error: unknown = isObject(value) ? value["error"] : null;
  const told = isObject(error) ? shown(stringField(error, "message") ?? "") : "";
  const message = told === "" ? `${origin}: status ${status}` : `${origin}: ${told}`;
  const codes = { 401: "unauthorized", 403: "forbidden", 429: "rate_limited" } as const;
  const code = status === 401 || status === 403 || status === 429 ? codes[status] : null;
  return new QwqError(code ?? "protocol_error", message);
}

/** An answer of bounded size and time; whoever listens there may be anybody. */
async function ask(
  url: string,
  body: object,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly value: unknown }> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    redirect: "error",
    signal,
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) break;
    chunks.push(chunk);
  }
  return { status: response.status, value: parseJson(Buffer.concat(chunks).toString("utf8")) };
}
