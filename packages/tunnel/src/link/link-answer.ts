import { QwqError } from "@qwq-fit/schema";
import { objectOf } from "../json.ts";
import type { LinkBody } from "./link-body.ts";

/** What a node answered. */
export interface LinkAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: LinkBody;
}

/** Statuses that have no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);
/** RFC 9110, 5.6.2 and 5.5. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The headers that a node told. @throws {QwqError} `protocol_error` for what is none */
export function readHeaders(value: unknown): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, text] of Object.entries(objectOf(value))) {
    if (typeof text !== "string") continue;
    if (!NAME.test(name) || !VALUE.test(text)) {
      throw new QwqError("protocol_error", "the node sent a header that is none");
    }
    headers.set(name.toLowerCase(), text);
  }
  return headers;
}

/** An answer as a `Response`, for runtimes that pass nothing else on. */
export function responseOf({ status, headers, body }: LinkAnswer): Response {
  const told = { status, headers: [...headers] };
  if (BODILESS.has(status)) {
    void body.cancel();
    return new Response(null, told);
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await body.read();
        if (done || value === undefined) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => body.cancel(),
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, told);
}
