import { afterAll, beforeAll, expect, test } from "vitest";

import type { HubServer } from "../test-support/hub-server.ts";
import { startHubServer, testPorts } from "../test-support/hub-server.ts";
import { locateModel } from "./locate-model.ts";
import type { ModelPorts } from "./ports.ts";

const HASH = "ab".repeat(32);
let hub: HubServer;

beforeAll(async () => {
  hub = await startHubServer();
  const parts = [1, 2].map((part) => ({
    type: "file",
    path: `Q8_0/big-Q8_0-0000${part}-of-00002.gguf`,
    size: 100 + part,
    lfs: { oid: HASH },
  }));
  const one = { type: "file", path: "big-Q4_K_M.gguf", size: 50 };
  const listing = JSON.stringify([...parts, one]);
  hub.files.set("/api/models/org/big/tree/main?recursive=true", listing);
});

afterAll(() => hub.close());

const ports = (): ModelPorts => testPorts({ HF_ENDPOINT: hub.url, HF_TOKEN: "hf_secret" });

test("all files of a split model, first file first, with what the hub says of them", async () => {
  const located = await locateModel("hf:org/big:q8_0", ports());
  expect(located).toMatchObject({
    hub: "huggingface",
    repository: "org/big",
    quantization: "Q8_0",
  });
  expect(located.files).toEqual(
    [1, 2].map((part) => ({
      path: `Q8_0/big-Q8_0-0000${part}-of-00002.gguf`,
      url: `${hub.url}/org/big/resolve/main/Q8_0/big-Q8_0-0000${part}-of-00002.gguf`,
      token: "hf_secret",
      bytes: 100 + part,
      sha256: HASH,
    })),
  );
});

test("the usual quantization where none is named; what is not there is told", async () => {
  expect((await locateModel("hf:org/big", ports())).quantization).toBe("Q4_K_M");
  await expect(locateModel("hf:org/big:Q2_K", ports())).rejects.toMatchObject({
    code: "unknown_model",
    hint: expect.stringContaining("Q4_K_M") as string,
  });
});

test("an address is taken as it is, its query too; a path is no place far away", async () => {
  const located = await locateModel("https://example.org/a/m-Q5_K_M.gguf?sign=x", ports());
  expect(located).toMatchObject({ hub: null, repository: null, quantization: "Q5_K_M" });
  expect(located.files.map(({ url, path }) => [url, path])).toEqual([
    ["https://example.org/a/m-Q5_K_M.gguf?sign=x", "m-Q5_K_M.gguf"],
  ]);
  await expect(locateModel("./m.gguf", ports())).rejects.toMatchObject({ code: "usage" });
});
