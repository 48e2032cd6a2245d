import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startHostileServer } from "../testing/hostile-server.ts";
import type { HostileServer } from "../testing/hostile-server.ts";
import { foreignPlaces, listForeign } from "./foreign-stores.ts";
import { ModelStore } from "./model-store.ts";
import { sourceFromUrl, storePath } from "./model-source.ts";
import type { ModelSource } from "./model-source.ts";

const content = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);
const sha256 = createHash("sha256").update(content).digest("hex");

let home = "";
let server: HostileServer;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "store-"));
  server = await startHostileServer(content, () => "none");
});
afterEach(async () => {
  await server.close();
  await rm(home, { recursive: true });
});

const sourceOf = (changes: Partial<ModelSource> = {}): ModelSource => ({
  reference: "hf:Qwen/QwQ-32B-GGUF:Q4_K_M",
  hub: "huggingface",
  repository: "Qwen/QwQ-32B-GGUF",
  quantization: "Q4_K_M",
  license: "apache-2.0",
  files: [
    {
      path: "QwQ-32B-Q4_K_M.gguf",
      url: server.url,
      headers: {},
      bytes: content.length,
      sha256,
    },
  ],
  ...changes,
});
const store = (): ModelStore => new ModelStore(join(home, "models"), foreignPlaces(home, {}));

describe("the model store", () => {
  test("pulls, finds, lists and removes", async () => {
    const pulled = await store().pull(sourceOf());
    expect(pulled).toMatchObject({
      id: "huggingface/Qwen/QwQ-32B-GGUF/QwQ-32B-Q4_K_M.gguf",
      files: [{ bytes: 5000, sha256, foreign: null }],
    });
    expect(await store().list()).toEqual([pulled]);
    expect(await store().find("hf:Qwen/QwQ-32B-GGUF:Q4_K_M")).toEqual(pulled);
    expect(await store().remove(pulled.id)).toBe(5000);
    expect(await store().list()).toEqual([]);
    expect(await readdir(join(home, "models"))).toEqual([]);
  });

  test("what is here is not fetched again; what is broken is", async () => {
    const first = await store().pull(sourceOf());
    const before = server.requests();
    await store().pull(sourceOf());
    expect(server.requests()).toBe(before);
    await writeFile(first.files[0]?.path ?? "", "short");
    expect(await store().find(first.reference)).toBeNull();
    await store().pull(sourceOf());
    expect(server.requests()).toBeGreaterThan(before);
  });

  test("all files of a split model are one model", async () => {
    const [file] = sourceOf().files;
    if (file === undefined) throw new Error("no file");
    const files = [1, 2].map((n) => ({ ...file, path: `Q8_0/m-0000${n}-of-00002.gguf` }));
    const told: string[] = [];
    const pulled = await store().pull(sourceOf({ files }), {
      onProgress: ({ fileIndex, fileCount }) => told.push(`${fileIndex}/${fileCount}`),
    });
    expect(pulled.files).toHaveLength(2);
    expect(new Set(told)).toEqual(new Set(["0/2", "1/2"]));
    expect(await store().remove(pulled.reference)).toBe(10_000);
  });

  test.each(["../evil.gguf", "a/../../evil.gguf", "C:evil.gguf", "a\\evil.gguf", "/evil.gguf"])(
    "a hub that lists %s is not followed",
    async (path) => {
      const [file] = sourceOf().files;
      if (file === undefined) throw new Error("no file");
      const run = store().pull(sourceOf({ files: [{ ...file, path }] }));
      await expect(run).rejects.toMatchObject({ code: "invalid_value" });
      expect(server.requests()).toBe(0);
    },
  );

  test("two addresses with one file name have two places", () => {
    const [a, b] = ["https://a.example/m.gguf", "https://b.example/m.gguf"].map((url) => {
      const source = sourceFromUrl(url);
      return source.files.map((file) => storePath(source, file).join("/"))[0];
    });
    expect(a).not.toBe(b);
  });
});

describe("files of other programs are used where they lie", () => {
  async function put(path: string): Promise<string> {
    const whole = join(home, path);
    await mkdir(dirname(whole), { recursive: true });
    await writeFile(whole, content);
    return whole;
  }

  test("Hugging Face's cache", async () => {
    const blob = await put(`.cache/huggingface/hub/models--Qwen--QwQ-32B-GGUF/blobs/${sha256}`);
    const snapshot = join(dirname(dirname(blob)), "snapshots", "abc", "QwQ-32B-Q4_K_M.gguf");
    await mkdir(dirname(snapshot), { recursive: true });
    await symlink(blob, snapshot);
    const pulled = await store().pull(sourceOf());
    expect(pulled.files[0]).toMatchObject({ path: snapshot, foreign: "huggingface" });
    expect(server.requests()).toBe(0);
    expect(await store().remove(pulled.id)).toBe(0);
    expect(existsSync(snapshot)).toBe(true);
    expect(await listForeign(foreignPlaces(home, {}))).toHaveLength(1);
  });

  test("LM Studio's, when its content is the same", async () => {
    const path = await put(".lmstudio/models/Qwen/QwQ-32B-GGUF/QwQ-32B-Q4_K_M.gguf");
    expect((await store().pull(sourceOf())).files[0]).toMatchObject({ path, foreign: "lm-studio" });
    const other = new Uint8Array(content);
    other[7] = 0;
    await writeFile(path, other);
    const pulled = await store().pull(sourceOf());
    expect(pulled.files[0]?.foreign).toBeNull();
  });

  test("Ollama's, under any name", async () => {
    const path = await put(`.ollama/models/blobs/sha256-${sha256}`);
    const manifest = join(home, ".ollama/models/manifests/registry.ollama.ai/library/qwq/32b");
    await mkdir(dirname(manifest), { recursive: true });
    const mediaType = "application/vnd.ollama.image.model";
    await writeFile(
      manifest,
      JSON.stringify({ layers: [{ mediaType, digest: `sha256:${sha256}` }] }),
    );
    expect((await store().pull(sourceOf())).files[0]).toMatchObject({ path, foreign: "ollama" });
    expect(await listForeign(foreignPlaces(home, {}))).toMatchObject([{ name: "qwq:32b" }]);
  });

  test("nothing is taken that nobody can check", async () => {
    await put(".lmstudio/models/Qwen/QwQ-32B-GGUF/QwQ-32B-Q4_K_M.gguf");
    const [file] = sourceOf().files;
    if (file === undefined) throw new Error("no file");
    const pulled = await store().pull(sourceOf({ files: [{ ...file, sha256: null }] }));
    expect(pulled.files[0]?.foreign).toBeNull();
  });
});
