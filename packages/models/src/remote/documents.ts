import { QwqError } from "@qwq-fit/schema";

import { readWholeBody } from "./body.ts";
import { discard, get, protocolFault, refusal } from "./http-client.ts";
import { isOffline, offlineFault, serverIsAway } from "./offline.ts";
import type { ModelPorts } from "./ports.ts";
import type { RemoteFile } from "./range-source.ts";

/** The index of DeepSeek-R1's 91,991 tensors has 9 MB; nothing near this is known. */
const DOCUMENT_BYTES: number = 64 * 1024 * 1024;

/** A JSON document, and the address of the next page where it has one. */
export interface RemoteDocument {
  readonly value: unknown;
  readonly next: string | null;
}

interface Kept {
  readonly etag: string | null;
  readonly next: string | null;
  readonly text: string;
}

/**
 * Fetches a JSON document; the kept one serves where it is as it was, or the server is away.
 *
 * @throws QwqError `unknown_model` where it is not there, `protocol_error` for what is no JSON.
 */
export async function fetchDocument(ports: ModelPorts, file: RemoteFile): Promise<RemoteDocument> {
  const before = await recall(ports, file.url);
  const kept = await fetchKept(ports, file, before);
  return { value: parse(file.url, kept.text), next: kept.next };
}

/** As {@link fetchDocument}, or null where the document is not there. */
export async function fetchOptional(ports: ModelPorts, file: RemoteFile): Promise<unknown> {
  try {
    return (await fetchDocument(ports, file)).value;
  } catch (error) {
    if (QwqError.is(error, "unknown_model")) return null;
    throw error;
  }
}

async function fetchKept(ports: ModelPorts, file: RemoteFile, before: Kept | null): Promise<Kept> {
  if (isOffline(ports)) {
    if (before === null) throw offlineFault(file.url);
    return before;
  }
  const etag = before?.etag ?? null;
  const headers = {
    accept: "application/json",
    ...(etag === null ? {} : { "if-none-match": etag }),
  };
  try {
    return await get(ports, { ...file, headers }, async (response) => {
      if (response.status === 304 && before !== null) {
        await discard(response);
        return before;
      }
      if (response.status !== 200) {
        await discard(response);
        throw refusal(file.url, response.status);
      }
      const bytes = await readWholeBody(file.url, response, DOCUMENT_BYTES);
      const kept = {
        etag: response.headers.get("etag"),
        next: nextPage(file.url, response.headers.get("link")),
        text: new TextDecoder().decode(bytes),
      };
      parse(file.url, kept.text);
      await ports.cache.put(keyOf(file.url), new TextEncoder().encode(JSON.stringify(kept)));
      return kept;
    });
  } catch (error) {
    if (before !== null && serverIsAway(error)) return before;
    throw error;
  }
}

/** `<https://…>; rel="next"` (RFC 8288); only of the same host, which alone gets the token. */
function nextPage(url: string, link: string | null): string | null {
  const target = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? "")?.[1];
  if (target === undefined || !URL.canParse(target, url)) return null;
  const next = new URL(target, url);
  return next.origin === new URL(url).origin ? next.href : null;
}

function parse(url: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const fault = protocolFault(url, "sends no JSON");
    fault.cause = error;
    throw fault;
  }
}

function keyOf(url: string): string {
  return `document ${url}`;
}

async function recall(ports: ModelPorts, url: string): Promise<Kept | null> {
  const bytes = await ports.cache.get(keyOf(url));
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value !== "object" || value === null) return null;
    if (!("text" in value) || typeof value.text !== "string") return null;
    const etag = "etag" in value && typeof value.etag === "string" ? value.etag : null;
    const next = "next" in value && typeof value.next === "string" ? value.next : null;
    return { text: value.text, etag, next };
  } catch {
    return null;
  }
}
