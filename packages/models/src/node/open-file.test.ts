import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { ggufBytes } from "../test-support/gguf-bytes.ts";
import { tinyEntry } from "../test-support/tiny-entries.ts";
import { encodeHeader } from "../write/gguf-encoder.ts";
import { fileCache, nodePorts } from "./node-ports.ts";
import { openFile, readModelFile } from "./open-file.ts";
import { readModel } from "../remote/read-model.ts";

const directory = mkdtempSync(path.join(tmpdir(), "files-"));
const model = path.join(directory, "tiny.gguf");
writeFileSync(model, ggufBytes(tinyEntry("qwen3"), "Q8_0"));

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("readModelFile", () => {
  test("reads a file, the same as by reference", async () => {
    const profile = await readModelFile(model);
    expect(profile).toMatchObject({ architecture: "qwen3", projector: null });
    expect(await readModel(model, nodePorts(path.join(directory, "cache"), {}))).toEqual(profile);
  });

  test("finds the one projector beside it", async () => {
    const beside = path.join(directory, "vision");
    mkdirSync(beside);
    writeFileSync(path.join(beside, "a.gguf"), ggufBytes(tinyEntry("qwen3"), "Q8_0"));
    const { bytes } = encodeHeader(
      [["general.architecture", { type: "string", value: "clip" }]],
      [],
    );
    const projector = path.join(beside, "mmproj-F16.gguf");
    writeFileSync(projector, bytes);
    const profile = await readModelFile(path.join(beside, "a.gguf"));
    expect(profile.projector).toEqual({ bytes: bytes.length, location: projector });
    await expect(readModelFile(projector)).rejects.toMatchObject({ code: "unsupported_model" });
    writeFileSync(path.join(beside, "mmproj-other.gguf"), bytes);
    expect((await readModelFile(path.join(beside, "a.gguf"))).projector).toBeNull();
  });

  test.each(["missing.gguf", "."])("%s cannot be opened", async (name) => {
    await expect(openFile(path.join(directory, name))).rejects.toMatchObject({
      code: "file_not_found",
    });
  });
});

describe("fileCache", () => {
  test("keeps bytes under any key, and gives null for what it has not", async () => {
    const cache = fileCache(path.join(directory, "deep", "cache"));
    const key = "page https://example.org/a.gguf?x=../../y";
    expect(await cache.get(key)).toBeNull();
    await cache.put(key, Uint8Array.of(1, 2, 3));
    expect([...((await cache.get(key)) ?? [])]).toEqual([1, 2, 3]);
  });

  test("a place that cannot be written is no fault", async () => {
    const cache = fileCache(path.join(model, "below-a-file"));
    await cache.put("key", Uint8Array.of(1));
    expect(await cache.get("key")).toBeNull();
  });
});
