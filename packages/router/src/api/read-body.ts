import { isObject } from "@qwq-fit/wire";
import { HttpRefusal } from "./http-error.ts";

/** The request's JSON object, read no further than `limit` bytes. @throws {HttpRefusal} 400, 413, 415 */
export async function readJsonObject(
  request: Request,
  limit: number,
): Promise<Readonly<Record<string, unknown>>> {
  const type = request.headers.get("content-type") ?? "application/json";
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(type)) {
    throw new HttpRefusal("invalid_request", "the body must be application/json", { status: 415 });
  }
  const tooLarge = (): HttpRefusal =>
    new HttpRefusal("invalid_request", `the body passes ${limit} bytes`, { status: 413 });
  const declared = Number(request.headers.get("content-length") ?? "0");
  if (declared > limit) throw tooLarge();
  if (request.body === null) throw new HttpRefusal("invalid_request", "the body is empty");
  const reader = request.body.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let text = "";
  let bytes = 0;
  let value: unknown;
  try {
    for (;;) {
      const { done, value: chunk } = await reader.read();
      if (done) break;
      bytes += chunk.length;
      if (bytes > limit) throw tooLarge();
      text += decoder.decode(chunk, { stream: true });
    }
    value = JSON.parse(text + decoder.decode());
  } catch (error) {
    void reader.cancel().catch(() => undefined);
    if (error instanceof HttpRefusal) throw error;
    throw new HttpRefusal("invalid_request", "the body is no JSON in UTF-8");
  }
  if (!isObject(value)) throw new HttpRefusal("invalid_request", "the body must be a JSON object");
  return value;
}
