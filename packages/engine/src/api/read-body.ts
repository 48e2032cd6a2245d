import { QwqError } from "@qwq-fit/schema";

/** The JSON of a request's body. Throws `invalid_request`: 413 past the limit, 400 where it is no JSON. */
export async function readJsonBody(request: Request, limitBytes: number): Promise<unknown> {
  const declared = Number(request.headers.get("content-length") ?? "0");
  if (declared > limitBytes) throw tooLarge(limitBytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (request.body !== null) {
    // Leaving the loop cancels the rest of the body.
    for await (const chunk of request.body) {
      size += chunk.length;
      if (size > limitBytes) throw tooLarge(limitBytes);
      chunks.push(chunk);
    }
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch {
    throw new QwqError("invalid_request", "the body is not valid JSON");
  }
}

function tooLarge(limitBytes: number): QwqError {
  return new QwqError("invalid_request", `the body passes ${limitBytes} bytes`, {
    details: { status: 413 },
  });
}
