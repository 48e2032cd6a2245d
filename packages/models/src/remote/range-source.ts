import { QwqError } from "@qwq-fit/schema";

import type { ByteSource } from "../gguf/byte-source.ts";
import { readBody } from "./body.ts";
import { checkContentRange } from "./content-range.ts";
import { discard, get, protocolFault, refusal, shownUrl } from "./http-client.ts";
import { isOffline, offlineFault, serverIsAway } from "./offline.ts";
import type { ModelPorts } from "./ports.ts";

/** A file on a server. */
export interface RemoteFile {
  readonly url: string;
  readonly token?: string | undefined;
}

/** What is remembered of a file, so that its pages can be found without the network. */
interface KnownFile {
  readonly size: number | null;
  readonly etag: string | null;
}

/** A file as it is now: pages kept before are of it where they carry its ETag, or nobody can tell. */
interface SeenFile {
  readonly known: KnownFile;
  readonly keptPagesServe: boolean;
}

interface Part {
  readonly bytes: Uint8Array;
  readonly total: number | null;
  readonly etag: string | null;
}

/** Files are kept in pages of this size; a header takes one to sixteen. */
const PAGE_BYTES: number = 1024 * 1024;
/** A server that ignores ranges sends all from the start: so much of it is put up with. */
const IGNORED_RANGE_BYTES: number = 64 * 1024 * 1024;

/**
 * A file on a server as a {@link ByteSource}, read by range requests, its pages kept in the cache.
 * Where the file is as it was (by its ETag), or the server is away, the kept pages serve.
 *
 * @throws QwqError `unknown_model` for a file that is not there; as {@link get} does.
 */
export async function openRemote(ports: ModelPorts, file: RemoteFile): Promise<ByteSource> {
  const before = await recall(ports, file.url);
  const seen = await look(ports, file, before);
  const source = new RangeSource(ports, file, seen);
  return {
    name: shownUrl(file.url),
    size: seen.known.size,
    read: (...range) => source.read(...range),
  };
}

/** Asks for the first page, and so for size and ETag; the page goes into the cache. */
async function look(
  ports: ModelPorts,
  file: RemoteFile,
  before: KnownFile | null,
): Promise<SeenFile> {
  if (isOffline(ports)) {
    if (before === null) throw offlineFault(file.url);
    return { known: before, keptPagesServe: true };
  }
  try {
    const part = await fetchPart(ports, file, 0, PAGE_BYTES, null, before?.etag ?? null);
    if (part === "unchanged") {
      return { known: before ?? { size: null, etag: null }, keptPagesServe: true };
    }
    const known = { size: part.total, etag: part.etag };
    await remember(ports, file.url, known);
    await keepPages(ports, file.url, known, 0, part.bytes);
    return { known, keptPagesServe: known.etag !== null };
  } catch (error) {
    if (before !== null && serverIsAway(error)) return { known: before, keptPagesServe: true };
    throw error;
  }
}

class RangeSource {
  readonly #ports: ModelPorts;
  readonly #file: RemoteFile;
  readonly #known: KnownFile;
  readonly #keptPagesServe: boolean;
  /** Pages fetched by this very source; {@link look} fetched the first. */
  readonly #fresh = new Set([0]);

  constructor(ports: ModelPorts, file: RemoteFile, seen: SeenFile) {
    this.#ports = ports;
    this.#file = file;
    this.#known = seen.known;
    this.#keptPagesServe = seen.keptPagesServe;
  }

  /** Whole pages from the cache as long as it has them, then one request for the rest. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.#known.size ?? Number.MAX_SAFE_INTEGER);
    if (end <= offset) return new Uint8Array(0);
    const index = Math.floor(offset / PAGE_BYTES);
    const page = await this.#keptPage(index);
    const within = offset - index * PAGE_BYTES;
    if (page !== null && page.length > within) {
      return page.subarray(within, within + end - offset);
    }
    if (isOffline(this.#ports)) throw offlineFault(this.#file.url);
    const start = index * PAGE_BYTES;
    const part = await fetchPart(
      this.#ports,
      this.#file,
      start,
      Math.ceil(end / PAGE_BYTES) * PAGE_BYTES,
      this.#known.size,
      null,
    );
    if (part === "unchanged") throw protocolFault(this.#file.url, "sends 304 to a plain question");
    if (part.etag !== null && this.#known.etag !== null && part.etag !== this.#known.etag) {
      throw protocolFault(this.#file.url, "was changed while it was read");
    }
    await keepPages(this.#ports, this.#file.url, this.#known, index, part.bytes);
    for (let at = 0; at < part.bytes.length; at += PAGE_BYTES) {
      this.#fresh.add(index + at / PAGE_BYTES);
    }
    return part.bytes.subarray(within, within + end - offset);
  }

  async #keptPage(index: number): Promise<Uint8Array | null> {
    if (!this.#keptPagesServe && !this.#fresh.has(index)) return null;
    return this.#ports.cache.get(pageKey(this.#file.url, this.#known, index));
  }
}

async function fetchPart(
  ports: ModelPorts,
  file: RemoteFile,
  start: number,
  end: number,
  knownTotal: number | null,
  etag: string | null,
): Promise<Part | "unchanged"> {
  const last = (knownTotal === null ? end : Math.min(end, knownTotal)) - 1;
  const headers = {
    range: `bytes=${start}-${last}`,
    ...(etag === null ? {} : { "if-none-match": etag }),
  };
  return get(ports, { ...file, headers }, async (response) => {
    if (response.status === 304 && etag !== null) {
      await discard(response);
      return "unchanged";
    }
    const stated = { etag: response.headers.get("etag") };
    if (response.status === 206) {
      const range = checkContentRange(file.url, response, { start, end }, knownTotal);
      const bytes = await readBody(response, range.end - range.start);
      if (bytes.length < range.end - range.start) {
        throw protocolFault(file.url, `breaks off after ${bytes.length} bytes of a part`);
      }
      return { ...stated, bytes, total: range.total };
    }
    if (response.status === 200)
      return { ...stated, ...(await cutOut(response, file, start, end)) };
    await discard(response);
    if (response.status === 416) return { ...stated, bytes: new Uint8Array(0), total: start };
    throw refusal(file.url, response.status);
  });
}

/** The part wanted of a whole answer, from a server that takes no ranges. */
async function cutOut(
  response: Response,
  file: RemoteFile,
  start: number,
  end: number,
): Promise<Omit<Part, "etag">> {
  const stated = Number(response.headers.get("content-length") ?? Number.NaN);
  const total = Number.isSafeInteger(stated) && stated >= 0 ? stated : null;
  if (end > IGNORED_RANGE_BYTES) {
    await discard(response);
    throw new QwqError("upstream_error", `${shownUrl(file.url)} sends no parts of files`, {
      hint: "Download the file and give its path: this server knows no range requests.",
    });
  }
  const wanted = total === null ? end : Math.min(end, total);
  const bytes = await readBody(response, Math.max(wanted - start, 0), start);
  if (total !== null && bytes.length < wanted - start) {
    throw protocolFault(file.url, `breaks off after ${start + bytes.length} of ${total} bytes`);
  }
  return { bytes, total };
}

async function keepPages(
  ports: ModelPorts,
  url: string,
  known: KnownFile,
  firstPage: number,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
    const page = bytes.slice(at, at + PAGE_BYTES);
    const index = firstPage + at / PAGE_BYTES;
    const isLast = known.size !== null && index * PAGE_BYTES + page.length === known.size;
    if (page.length === PAGE_BYTES || isLast) {
      await ports.cache.put(pageKey(url, known, index), page);
    }
  }
}

function pageKey(url: string, known: KnownFile, index: number): string {
  return `page ${url} ${known.etag ?? "no-etag"} ${known.size ?? "unknown"} ${index}`;
}

async function remember(ports: ModelPorts, url: string, known: KnownFile): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(known));
  await ports.cache.put(`file ${url}`, bytes);
}

/** What the cache knows of a file; null for nothing, or for what is no record of ours. */
async function recall(ports: ModelPorts, url: string): Promise<KnownFile | null> {
  const bytes = await ports.cache.get(`file ${url}`);
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value !== "object" || value === null || !("size" in value)) return null;
    const etag = "etag" in value && typeof value.etag === "string" ? value.etag : null;
    return { size: typeof value.size === "number" ? value.size : null, etag };
  } catch {
    return null;
  }
}
