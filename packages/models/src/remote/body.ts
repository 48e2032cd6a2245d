import { protocolFault } from "./http-client.ts";

/**
 * Up to `length` bytes of a body from `skip` on; the rest is not fetched. Fewer only where the body ends.
 */
export async function readBody(response: Response, length: number, skip = 0): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const reader = response.body?.getReader();
  if (reader === undefined) return bytes.subarray(0, 0);
  let passed = 0;
  let held = 0;
  try {
    while (held < length) {
      const { done, value } = await reader.read();
      if (done) break;
      const from = Math.min(Math.max(skip - passed, 0), value.length);
      const piece = value.subarray(from, from + length - held);
      bytes.set(piece, held);
      held += piece.length;
      passed += value.length;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return bytes.subarray(0, held);
}

/** A whole body. @throws QwqError `protocol_error` for one of more than `limit` bytes. */
export async function readWholeBody(
  url: string,
  response: Response,
  limit: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let held = 0;
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array(0);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      held += value.length;
      if (held > limit) throw protocolFault(url, `is longer than ${limit} bytes`);
      parts.push(value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  const whole = new Uint8Array(held);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  const stated = response.headers.get("content-length");
  if (
    stated !== null &&
    Number(stated) !== held &&
    response.headers.get("content-encoding") === null
  ) {
    throw protocolFault(url, `sends ${held} bytes where it says ${stated}`);
  }
  return whole;
}
