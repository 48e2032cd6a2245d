import { errorEnvelope, statusOf } from "@qwq-fit/wire";

/** An answer that refuses; told in OpenAI's envelope, without inner text. */
export class HttpRefusal extends Error {
  override readonly name: string = "HttpRefusal";
  readonly code: string;
  readonly param: string | null;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    options: { param?: string; status?: number; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.code = code;
    this.param = options.param ?? null;
    this.status = options.status ?? statusOf(code);
    this.headers = options.headers ?? {};
  }
}

/** The response for whatever was thrown. A fault of our own is a 500 without its text, never a 401. */
export function refusalResponse(error: unknown, requestId: string): Response {
  const refusal =
    error instanceof HttpRefusal
      ? error
      : new HttpRefusal("internal", "internal error", { status: 500 });
  return Response.json(
    errorEnvelope({ code: refusal.code, message: refusal.message, param: refusal.param }),
    { status: refusal.status, headers: { ...refusal.headers, "x-request-id": requestId } },
  );
}
