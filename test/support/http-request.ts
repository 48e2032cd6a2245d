/** A request that a scripted node has seen. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** Set when the connection was closed from the other side before the answer ended. */
  aborted: boolean;
}

/** The request in raw bytes; null while it is not whole. */
export const parseRequest = (raw: Buffer): SeenRequest | null => {
  const end = raw.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [first = "", ...lines] = raw.subarray(0, end).toString("latin1").split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  let body = raw.subarray(end + 4);
  if (headers["transfer-encoding"] === "chunked") {
    if (!body.toString("latin1").endsWith("0\r\n\r\n")) return null;
    body = dechunk(body);
  } else if (body.length < Number(headers["content-length"] ?? 0)) return null;
  const text = body.toString("utf8");
  return {
    path: first.split(" ")[1] ?? "",
    headers,
    body: text === "" ? {} : JSON.parse(text),
    aborted: false,
  };
};

function dechunk(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.subarray(at, line).toString("latin1"), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
