import { MiB, QwqError } from "@qwq-fit/schema";

/** A catalogue is half a MiB; one that is larger than this is something else. */
const MOST_BYTES: number = 16 * MiB;
const TIMEOUT_MS = 30_000;

/** Only what nobody on the way can change, or what does not leave this machine. */
function mustBeSafe(url: URL): void {
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && local)) return;
  throw new QwqError("invalid_value", `${url.protocol}// is not fetched`, {
    hint: "Use an https:// address.",
  });
}

async function readLimited(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new QwqError("content_rejected", "The answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * The bytes behind an address, in limited time and size.
 *
 * @throws {QwqError} `invalid_value`, `network`, `timeout`, `upstream_error`, `content_rejected`.
 */
export async function download(address: string): Promise<Uint8Array> {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null)
    throw new QwqError("invalid_value", "That is no address", {
      hint: "Use an https:// address.",
    });
  mustBeSafe(url);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    mustBeSafe(new URL(response.url));
    if (!response.ok)
      throw new QwqError("upstream_error", `${url.host} answered ${response.status}`);
    return await readLimited(response);
  } catch (error) {
    if (QwqError.is(error)) throw error;
    const late = error instanceof Error && error.name === "TimeoutError";
    throw new QwqError(late ? "timeout" : "network", `${url.host} could not be reached`, {
      cause: error,
    });
  }
}
