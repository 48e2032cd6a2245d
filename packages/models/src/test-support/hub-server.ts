import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";

import type { ModelPorts } from "../remote/ports.ts";

/** How the server breaks the rules. Counts are of requests that get it wrong before one is answered well. */
export interface Misbehaviour {
  readonly ignoresRanges?: boolean;
  /** Starts its parts this many bytes off. */
  readonly rangeOffBy?: number;
  readonly saysNoRange?: boolean;
  /** Says another length of the whole at each request. */
  readonly changesTotal?: boolean;
  /** Sends half of each part, and ends the connection. */
  readonly cutsParts?: number;
  readonly unavailable?: number;
  readonly dropsConnections?: number;
  readonly changesEtag?: boolean;
  readonly redirectsTo?: string;
  readonly requiresToken?: string;
}

export interface SeenRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

/** A real HTTP server on loopback with files under fixed paths, that speaks ranges and ETags. */
export interface HubServer {
  readonly url: string;
  readonly seen: SeenRequest[];
  readonly files: Map<string, Uint8Array | string>;
  behave(misbehaviour: Misbehaviour): void;
  close(): Promise<void>;
}

export async function startHubServer(): Promise<HubServer> {
  const files = new Map<string, Uint8Array | string>();
  const seen: SeenRequest[] = [];
  let how: Misbehaviour = {};
  let failures = 0;
  const server = createServer((request, response) => {
    const { authorization, range } = request.headers;
    seen.push({ path: request.url ?? "", authorization, range });
    failures += 1;
    answer(request, response, files, how, failures);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    seen,
    files,
    behave: (misbehaviour) => {
      how = misbehaviour;
      failures = 0;
      seen.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  files: ReadonlyMap<string, Uint8Array | string>,
  how: Misbehaviour,
  count: number,
): void {
  if (count <= (how.dropsConnections ?? 0)) return void request.socket.destroy();
  if (count <= (how.unavailable ?? 0)) return void response.writeHead(503).end("busy");
  if (how.redirectsTo !== undefined) {
    return void response.writeHead(302, { location: `${how.redirectsTo}${request.url}` }).end();
  }
  const { requiresToken } = how;
  if (requiresToken !== undefined && request.headers.authorization !== `Bearer ${requiresToken}`) {
    return void response.writeHead(401).end();
  }
  const found = files.get(request.url ?? "");
  if (found === undefined) return void response.writeHead(404).end("no such file");
  const bytes = typeof found === "string" ? new TextEncoder().encode(found) : found;
  const etag = how.changesEtag === true ? `"${count}"` : `"${bytes.length}-${checksum(bytes)}"`;
  if (request.headers["if-none-match"] === etag) return void response.writeHead(304).end();
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  if (range === null || how.ignoresRanges === true) {
    return void response.writeHead(200, { etag, "content-length": bytes.length }).end(bytes);
  }
  sendPart(response, bytes, Number(range[1]), Number(range[2]), { etag }, how, count);
}

function sendPart(
  response: ServerResponse,
  bytes: Uint8Array,
  start: number,
  last: number,
  headers: { etag: string },
  how: Misbehaviour,
  count: number,
): void {
  if (start >= bytes.length) return void response.writeHead(416).end();
  const end = Math.min(last + 1, bytes.length);
  const part = bytes.subarray(start, end);
  const said = start + (how.rangeOffBy ?? 0);
  const total = bytes.length + (how.changesTotal === true ? count : 0);
  const range =
    how.saysNoRange === true ? {} : { "content-range": `bytes ${said}-${end - 1}/${total}` };
  response.writeHead(206, { ...headers, ...range, "content-length": part.length });
  if (count > (how.cutsParts ?? 0)) return void response.end(part);
  response.write(part.subarray(0, Math.floor(part.length / 2)), () => response.destroy());
}

function checksum(bytes: Uint8Array): number {
  return bytes.reduce(
    (sum, byte, index) => (index % 4096 === 0 ? (sum * 31 + byte) % 1e9 : sum),
    7,
  );
}

/** Ports onto the loopback servers, with a cache in memory and no waiting; `slept` tells the delays. */
export function testPorts(environment: ModelPorts["environment"]): ModelPorts & {
  readonly kept: Map<string, Uint8Array>;
  readonly slept: number[];
} {
  const kept = new Map<string, Uint8Array>();
  const slept: number[] = [];
  return {
    kept,
    slept,
    environment,
    fetch: (url, init) => fetch(url, init),
    sleep: async (ms) => void slept.push(ms),
    cache: {
      get: async (key) => kept.get(key) ?? null,
      put: async (key, bytes) => void kept.set(key, bytes),
    },
  };
}
