import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScriptedGguf } from "@qwq-fit/models/node";
import type { Catalog } from "@qwq-fit/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { findPlace } from "./local-model.ts";
import type { ModelPlace } from "./local-model.ts";

let folder = "";
let catalog: Catalog;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "qwq-fit-place-"));
  environment = { HOME: folder, XDG_CACHE_HOME: join(folder, "cache") };
  catalog = await loadCatalog(environment);
  await writeScriptedGguf(join(folder, "Small-Q8.gguf"), { thinkWords: 1, words: 2 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const find = (name: string, quantization?: string): Promise<ModelPlace> =>
  findPlace(name, quantization, catalog, environment);

test("a file is here, under its name without folder and ending", async () => {
  const place = await find(join(folder, "Small-Q8.gguf"));
  expect(place).toMatchObject({ kind: "here", model: { id: "Small-Q8", entry: null } });
  await expect(find("./none.gguf")).rejects.toMatchObject({ code: "file_not_found" });
});

test("a name of the catalogue, with the quantization behind it or beside it", async () => {
  const expected = { kind: "catalogue", entry: { id: "Qwen/Qwen3-8B" } };
  expect(await find("qwen3-8b")).toMatchObject({ ...expected, quantization: null });
  expect(await find("qwen3-8b:q8_0")).toMatchObject({ ...expected, quantization: "Q8_0" });
  expect(await find("Qwen/Qwen3-8B", "q4_k_m")).toMatchObject({
    ...expected,
    quantization: "Q4_K_M",
  });
  await expect(find("qwen3-8x")).rejects.toMatchObject({ code: "unknown_model" });
});

test.for([
  ["hf:org/repo", undefined, "hf:org/repo"],
  ["hf:org/repo", "Q4_0", "hf:org/repo:Q4_0"],
  ["hf:org/repo:Q8_0", "Q4_0", "hf:org/repo:Q8_0"],
  ["modelscope:org/repo", "Q4_0", "modelscope:org/repo:Q4_0"],
  ["someone/unknown-GGUF:Q4_0", undefined, "someone/unknown-GGUF:Q4_0"],
] as const)("%s with %s is to be pulled as %s", async ([name, quantization, reference]) => {
  expect(await find(name, quantization)).toEqual({ kind: "remote", reference });
});
