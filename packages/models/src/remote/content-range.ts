import { protocolFault } from "./http-client.ts";

/** What a partial answer says that it holds. */
export interface ContentRange {
  readonly start: number;
  /** First byte behind it. */
  readonly end: number;
  /** Length of the whole, or null where the server does not say. */
  readonly total: number | null;
}

/**
 * Reads and checks the Content-Range of a 206 (RFC 9110, 14.4): it must begin where it was asked,
 * end within, and agree with the length known before.
 *
 * @throws QwqError `protocol_error`.
 */
export function checkContentRange(
  url: string,
  response: Response,
  asked: { readonly start: number; readonly end: number },
  knownTotal: number | null,
): ContentRange {
  const text = response.headers.get("content-range") ?? "";
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(text);
  if (match === null) throw protocolFault(url, `sends a part without saying which ("${text}")`);
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  const total = match[3] === "*" ? null : Number(match[3]);
  if (start !== asked.start || end > asked.end || end <= start) {
    throw protocolFault(url, `sends bytes ${start} to ${end} for ${asked.start} to ${asked.end}`);
  }
  if (total !== null && (total < end || (knownTotal !== null && total !== knownTotal))) {
    throw protocolFault(url, `says that it is ${total} bytes long, and said otherwise before`);
  }
  return { start, end, total };
}
