import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";
import type { ErrorCode } from "@qwq-fit/schema";
import { downloadFile } from "../store/download.ts";
import type { DownloadOptions, DownloadSource } from "../store/download-types.ts";
import { startHostileServer } from "./hostile-server.ts";
import type { Mischief } from "./hostile-server.ts";
import { seededRandom } from "./random-mix.ts";

/** How a download went that was cut at random, and tried until it was whole. */
export interface CutResult {
  readonly cuts: number;
  readonly outcome: "whole" | ErrorCode;
  /** Null when all is well. */
  readonly wrong: string | null;
}

const MISCHIEFS: readonly Mischief[] = [
  "cut",
  "stall",
  "status-500",
  "status-429",
  "change",
  "long-length",
  "too-much",
  "wrong-range",
  "whole",
  "corrupt",
];
/** Errors that a server of this kind may rightly end a download with. */
const CLEAR: readonly ErrorCode[] = ["download_failed", "hash_mismatch"];

/** Starts a download in some way; `cut` ends it in the middle. */
export type RunDownload = (
  source: DownloadSource,
  target: string,
  options: DownloadOptions,
  cutAfterMs: number | null,
) => Promise<void>;

/** In this process; cut by its signal. */
export const runHere: RunDownload = async (source, target, options, cutAfterMs) => {
  const stop = new AbortController();
  const done = downloadFile(source, target, { ...options, signal: stop.signal });
  if (cutAfterMs !== null) {
    await Promise.race([setTimeout(cutAfterMs), done.catch(() => {})]);
    stop.abort();
  }
  await done;
};

/** One seeded download from a server that does wrong at random. */
export async function cutDownload(
  folder: string,
  seed: number,
  run: RunDownload = runHere,
): Promise<CutResult> {
  const random = seededRandom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256));
  const first = bytesOf(below(200_000) + 1);
  const changed = random() < 0.5 ? first : bytesOf(below(200_000) + 1);
  const malice = random() * 0.4;
  const server = await startHostileServer(
    first,
    () => (random() < malice ? (MISCHIEFS[below(MISCHIEFS.length)] ?? "none") : "none"),
    changed,
  );
  const target = join(folder, `file-${seed}`);
  const listed = random() < 0.8;
  const options: DownloadOptions = {
    connections: 1 + below(4),
    pieceBytes: 4096 + below(40_000),
    stallMs: 60,
    retryMs: 1,
    tries: 5,
    lockWaitMs: 5000,
  };
  let cuts = 0;
  try {
    for (;;) {
      const content = server.content();
      const sha256 = createHash("sha256").update(content).digest("hex");
      // The hub's list is of the file as it is now.
      const source: DownloadSource = {
        url: server.url,
        headers: {},
        bytes: listed ? content.length : null,
        sha256,
      };
      const cut = cuts < 6 && random() < 0.7;
      const outcome = await tried(() => run(source, target, options, cut ? below(40) : null));
      const wrong = await leftovers(target, outcome, sha256, server.content());
      if (wrong !== null)
        return { cuts, outcome: outcome ?? "whole", wrong: `seed ${seed}: ${wrong}` };
      if (outcome === "aborted") {
        cuts++;
        // Cut after the file had its name: the store finds it, and nobody asks again.
        if (existsSync(target)) return { cuts, outcome: "whole", wrong: null };
        continue;
      }
      return { cuts, outcome: outcome ?? "whole", wrong: null };
    }
  } finally {
    await server.close();
    await rm(target, { force: true });
  }
}

async function tried(run: () => Promise<void>): Promise<ErrorCode | null> {
  try {
    await run();
    return null;
  } catch (error) {
    return QwqError.is(error) ? error.code : "internal";
  }
}

/** Never a corrupt file under the final name; and a clear error where there is none. */
async function leftovers(
  target: string,
  outcome: ErrorCode | null,
  sha256: string,
  content: Uint8Array,
): Promise<string | null> {
  if (existsSync(target)) {
    const hash = createHash("sha256")
      .update(await readFile(target))
      .digest("hex");
    const now = createHash("sha256").update(content).digest("hex");
    if (hash !== sha256 && hash !== now) return "a corrupt file under the final name";
    return outcome === null || outcome === "aborted" ? null : `whole, but ${outcome}`;
  }
  if (outcome === null) return "said to be whole, but is not there";
  if (outcome !== "aborted" && !CLEAR.includes(outcome))
    return `an error of another kind: ${outcome}`;
  return null;
}
