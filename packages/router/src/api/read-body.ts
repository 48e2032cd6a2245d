import { isObject } from "@qwq-fit/wire";
import type { Exchange } from "../ports.ts";
import { HttpRefusal } from "./http-error.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** The request's JSON object, read no further than `limit` bytes. @throws {HttpRefusal} 400, 413, 415 */
export async function readJsonObject(
  request: Request,
  limit: number,
  exchange: Exchange | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const type = request.headers.get("content-type") ?? "application/json";
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(type)) {
    throw new HttpRefusal("invalid_request", "the body must be application/json", { status: 415 });
  }
  const tooLarge = (): HttpRefusal =>
    new HttpRefusal("invalid_request", `the body passes ${limit} bytes`, { status: 413 });
  const declared = Number(request.headers.get("content-length") ?? "0");
  if (declared > limit) throw tooLarge();
  // A declared length binds the sender: what is read at once is no longer.
  const read = exchange?.body ?? (declared > 0 ? wholeOf(request) : bodyOf(request));
  const bytes = await read(limit);
  if (bytes === null) throw tooLarge();
  if (bytes.length === 0) throw new HttpRefusal("invalid_request", "the body is empty");
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch {
    throw new HttpRefusal("invalid_request", "the body is no JSON in UTF-8");
  }
  if (!isObject(value)) throw new HttpRefusal("invalid_request", "the body must be a JSON object");
  return value;
}

const wholeOf =
  (request: Request): NonNullable<Exchange["body"]> =>
  async (limit) => {
    const bytes = new Uint8Array(await request.arrayBuffer());
    return bytes.length > limit ? null : bytes;
  };

/** Reads a request's stream, no further than the limit. */
const bodyOf =
  (request: Request): NonNullable<Exchange["body"]> =>
  async (limit) => {
    if (request.body === null) return new Uint8Array(0);
    const reader = request.body.getReader();
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      if (bytes > limit) {
        void reader.cancel().catch(() => undefined);
        return null;
      }
      parts.push(value);
    }
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    const all = new Uint8Array(bytes);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  };
