import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cacheFolder } from "./cache-folder.ts";
import { createFileCache } from "./file-cache.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "qwq-fit-cache-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

describe("a cache of files", () => {
  test("gives back what was put, byte for byte, to another process too", async () => {
    await createFileCache(folder).put("https://host/a?b=c", bytes(1000, 7));
    expect(await createFileCache(folder).get("https://host/a?b=c")).toEqual(bytes(1000, 7));
    expect(await createFileCache(folder).get("https://host/a")).toBeNull();
  });

  test("keys are no paths", async () => {
    await createFileCache(folder).put("../../../etc/passwd", bytes(1, 1));
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test("drops the least used above its size", async () => {
    const cache = createFileCache(folder, 2500);
    await cache.put("old", bytes(1000, 1));
    const [old = ""] = readdirSync(folder);
    utimesSync(join(folder, old), 1, 1);
    await cache.put("new", bytes(1000, 2));
    await cache.put("newest", bytes(1000, 3));
    expect(await cache.get("old")).toBeNull();
    expect(await cache.get("newest")).toEqual(bytes(1000, 3));
    expect(await cache.get("new")).toEqual(bytes(1000, 2));
  });

  test("a folder that cannot be is no fault", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const cache = createFileCache(join(file, "below"));
    await cache.put("key", bytes(1, 1));
    expect(await cache.get("key")).toBeNull();
  });
});

test.for([
  ["linux", { HOME: "/u" }, "/u/.cache/qwq-fit"],
  ["linux", { HOME: "/u", XDG_CACHE_HOME: "/c" }, "/c/qwq-fit"],
  ["linux", { HOME: "/u", XDG_CACHE_HOME: "" }, "/u/.cache/qwq-fit"],
  ["darwin", { HOME: "/u", XDG_CACHE_HOME: "/c" }, "/u/Library/Caches/qwq-fit"],
] as const)("the cache on %s with %o is %s", ([platform, environment, expected]) => {
  expect(cacheFolder(environment, platform).replaceAll("\\", "/")).toBe(expected);
});
