import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cutDownload } from "../testing/cut-download.ts";
import { startHostileServer } from "../testing/hostile-server.ts";
import type { Mischief } from "../testing/hostile-server.ts";
import { runKilled } from "../testing/run-killed.ts";
import { downloadFile } from "./download.ts";
import type { DownloadOptions, DownloadProgress, Downloaded } from "./download-types.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "download-"));
});
afterAll(() => rm(folder, { recursive: true }));

const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) >> 5);
const sha256 = createHash("sha256").update(content).digest("hex");
let file = 0;

/** Downloads from a server whose n-th answer goes wrong as listed. */
async function fetched(
  mischiefs: readonly Mischief[],
  options: DownloadOptions = {},
  expected: { bytes?: number | null; sha256?: string | null } = {},
): Promise<Downloaded & { requests: number; target: string }> {
  const server = await startHostileServer(content, (n) => mischiefs[n] ?? "none");
  const target = join(folder, `f${file++}`);
  try {
    const result = await downloadFile(
      { url: server.url, headers: {}, bytes: content.length, sha256, ...expected },
      target,
      { pieceBytes: 30_000, stallMs: 1000, retryMs: 1, ...options },
    );
    expect(new Uint8Array(await readFile(target))).toEqual(content);
    return { ...result, requests: server.requests(), target };
  } catch (error) {
    if (existsSync(target)) throw new Error("a failed download left its file", { cause: error });
    throw error;
  } finally {
    await server.close();
  }
}

describe("a download", () => {
  test("comes in pieces, side by side, and leaves nothing but the file", async () => {
    const told: DownloadProgress[] = [];
    const done = await fetched([], { onProgress: (progress) => told.push(progress) });
    // One for the head, four pieces.
    expect(done).toMatchObject({ requests: 5, sha256, bytes: 100_000, resumedBytes: 0 });
    const left = (await readdir(folder)).filter((name) => name !== done.target.split("/").at(-1));
    expect(left).toEqual([]);
    expect(told.at(-1)).toMatchObject({ phase: "verifying", bytes: 100_000 });
    expect(told.filter(({ phase }) => phase === "downloading").at(-1)?.bytes).toBe(100_000);
  });

  test.each<[Mischief]>([
    ["cut"],
    ["stall"],
    ["status-500"],
    ["status-429"],
    ["long-length"],
    ["too-much"],
    ["wrong-range"],
    ["whole"],
    ["change"],
  ])("is whole after an answer that goes wrong: %s", async (mischief) => {
    expect((await fetched(["none", "none", mischief])).sha256).toBe(sha256);
  });

  test("a flipped bit is found, and the file is not kept", async () => {
    await expect(fetched(["none", "none", "corrupt"])).rejects.toMatchObject({
      code: "hash_mismatch",
    });
    expect((await readdir(folder)).filter((name) => name.includes("partial"))).toEqual([]);
  });

  test("a length that its hub does not list is told before anything is fetched", async () => {
    const run = fetched([], {}, { bytes: 99 });
    await expect(run).rejects.toMatchObject({ code: "download_failed" });
  });

  test("a server that only fails is given up, and what is there is kept for the next try", async () => {
    const target = join(folder, `f${file++}`);
    let broken = true;
    const server = await startHostileServer(content, (n) =>
      broken && n > 2 ? "status-500" : "none",
    );
    const source = { url: server.url, headers: {}, bytes: null, sha256 };
    const options = { pieceBytes: 30_000, retryMs: 1, tries: 3, connections: 1 };
    await expect(downloadFile(source, target, options)).rejects.toMatchObject({
      code: "download_failed",
    });
    broken = false;
    const before = server.requests();
    const done = await downloadFile(source, target, options);
    expect(done.resumedBytes).toBe(60_000);
    // The head and the two pieces that were missing.
    expect(server.requests() - before).toBe(3);
    await server.close();
  });

  test.each([
    [401, "unauthorized"],
    [403, "forbidden"],
    [404, "unknown_model"],
  ])("status %d is told as it is, without another try", async (status, code) => {
    let requests = 0;
    const run = downloadFile(
      { url: "http://127.0.0.1/x", headers: {}, bytes: null, sha256: null },
      join(folder, "none"),
      {
        fetch: () => {
          requests++;
          return Promise.resolve(new Response(null, { status }));
        },
      },
    );
    await expect(run).rejects.toMatchObject({ code });
    expect(requests).toBe(1);
  });

  test("more than the disk holds is refused first", async () => {
    const fetch = (): Promise<Response> =>
      Promise.resolve(
        new Response("x", { status: 206, headers: { "content-range": `bytes 0-0/${2 ** 52}` } }),
      );
    const run = downloadFile(
      { url: "http://127.0.0.1/x", headers: {}, bytes: null, sha256: null },
      join(folder, "huge"),
      { fetch },
    );
    await expect(run).rejects.toMatchObject({ code: "disk_full" });
  });

  test("two at once: one writes, the other is told", async () => {
    const server = await startHostileServer(content, () => "none");
    const source = { url: server.url, headers: {}, bytes: null, sha256 };
    const target = join(folder, `f${file++}`);
    const results = await Promise.allSettled([
      downloadFile(source, target, { pieceBytes: 1000 }),
      downloadFile(source, target, { pieceBytes: 1000 }),
    ]);
    const codes = results.map((r) => (r.status === "rejected" ? String(r.reason.code) : "whole"));
    expect(codes.toSorted()).toEqual(["locked", "whole"]);
    await server.close();
  });

  test("a lock whose holder is dead holds nobody", async () => {
    const target = join(folder, `f${file}`);
    const dead = {
      pid: 2 ** 22 + 1,
      host: (await import("node:os")).hostname(),
      startTicks: null,
      nonce: "x",
    };
    await writeFile(`${target}.lock`, JSON.stringify(dead));
    expect((await fetched([])).target).toBe(target);
  });
});

describe("downloads that are cut at random, from a server that does wrong at random", () => {
  /** The long form, 1,000 of them: test/engine/downloads.mjs. */
  test("30 of them: whole and verified, or a clear error; never a corrupt file", async () => {
    const outcomes: string[] = [];
    let cuts = 0;
    for (let seed = 1; seed <= 30; seed++) {
      // oxlint-disable-next-line no-await-in-loop
      const result = await cutDownload(folder, seed);
      expect(result.wrong).toBeNull();
      outcomes.push(result.outcome);
      cuts += result.cuts;
    }
    // How many are cut depends on how busy the machine is; that some are, and that most end whole, does not.
    expect(cuts).toBeGreaterThan(0);
    expect(outcomes.filter((outcome) => outcome === "whole").length).toBeGreaterThan(5);
  });

  test("3 of them cut by kill -9", async () => {
    let cuts = 0;
    for (const seed of [101, 102, 103]) {
      // oxlint-disable-next-line no-await-in-loop
      const result = await cutDownload(folder, seed, runKilled);
      expect(result.wrong).toBeNull();
      cuts += result.cuts;
    }
    expect(cuts).toBeGreaterThan(0);
  });
});
