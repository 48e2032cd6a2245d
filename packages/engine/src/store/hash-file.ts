import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { QwqError } from "@qwq-fit/schema";
import type { ProgressTeller } from "./progress-teller.ts";

/** SHA-256 of a file, lower case hex. */
export async function hashFile(
  path: string,
  teller: ProgressTeller | null,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash("sha256");
  const { size } = await stat(path);
  let read = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    if (signal?.aborted === true) throw new QwqError("aborted", "The download was aborted.");
    if (!(chunk instanceof Uint8Array)) continue;
    hash.update(chunk);
    read += chunk.length;
    teller?.verified(read, size);
  }
  return hash.digest("hex");
}
