import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { modelFromEntry } from "../profile/from-entry.ts";
import { ggufBytes } from "../test-support/gguf-bytes.ts";
import type { HubServer, Misbehaviour } from "../test-support/hub-server.ts";
import { startHubServer, testPorts } from "../test-support/hub-server.ts";
import { tinyEntry } from "../test-support/tiny-entries.ts";
import type { ModelPorts } from "./ports.ts";
import { readModel } from "./read-model.ts";

/** With a vocabulary that fills more than one page of the cache. */
const BIG_VOCABULARY = { ...tinyEntry("qwen2"), vocabularySize: 120_000 };
const GGUF = "/org/tiny-GGUF/resolve/main/tiny-Q4_K_M.gguf";
const TOKEN = "hf_secret";

let hub: HubServer;
let other: HubServer;

function tree(files: Readonly<Record<string, number>>): string {
  return JSON.stringify(
    Object.entries(files).map(([path, size]) => ({ type: "file", path, size, oid: "0" })),
  );
}

beforeAll(async () => {
  [hub, other] = await Promise.all([startHubServer(), startHubServer()]);
  const files = Object.fromEntries(
    ["Q8_0", "Q4_K_M"].map((name) => [`tiny-${name}.gguf`, ggufBytes(BIG_VOCABULARY, name)]),
  );
  const sizes = Object.entries(files).map(([name, bytes]) => [name, bytes.length] as const);
  hub.files.set(
    "/api/models/org/tiny-GGUF/tree/main?recursive=true",
    tree({ ...Object.fromEntries(sizes), "tiny-UD-Q2_K_XL.gguf": 1e6, "mmproj-F16.gguf": 5e8 }),
  );
  for (const [name, bytes] of Object.entries(files)) {
    hub.files.set(`/org/tiny-GGUF/resolve/main/${name}`, bytes);
  }
  other.files.set(GGUF, files["tiny-Q4_K_M.gguf"] ?? "");
});

beforeEach(() => {
  hub.behave({});
  other.behave({});
});

afterAll(async () => {
  await Promise.all([hub.close(), other.close()]);
});

function ports(extra: ModelPorts["environment"] = {}): ReturnType<typeof testPorts> {
  return testPorts({ HF_ENDPOINT: hub.url, MODELSCOPE_ENDPOINT: other.url, ...extra });
}

describe("readModel of a repository with GGUF files", () => {
  test("reads one header; the others are weighed by the mixing rules", async () => {
    const model = await readModel("org/tiny-GGUF", ports());
    expect(model).toMatchObject({ id: "org/tiny-GGUF", name: "Tiny qwen2", architecture: "qwen2" });
    expect(model.weights.map(({ quantization, sizeSource }) => [quantization, sizeSource])).toEqual(
      [
        ["Q4_K_M", "read"],
        ["Q8_0", "published"],
      ],
    );
    const computed = modelFromEntry(BIG_VOCABULARY, { quantizations: ["Q8_0"] });
    expect(model.weights[1]?.tensors).toEqual(computed.weights[0]?.tensors);
    expect(model.weights[0]?.location).toBe("hf:org/tiny-GGUF:Q4_K_M");
    expect(model.projector).toEqual({ bytes: 5e8, location: "hf:org/tiny-GGUF/mmproj-F16.gguf" });
    expect(model.warnings.join(" ")).toContain("UD-Q2_K_XL");
    const fetched = hub.seen.filter((request) => request.path.endsWith(".gguf"));
    expect(new Set(fetched.map((request) => request.path))).toEqual(new Set([GGUF]));
    expect(fetched.every((request) => request.range !== undefined)).toBe(true);
  });

  test("a named quantization, and one that is not there", async () => {
    const model = await readModel("hf:org/tiny-GGUF:q8_0", ports());
    expect(model.weights.map((variant) => variant.quantization)).toEqual(["Q8_0"]);
    await expect(readModel("hf:org/tiny-GGUF:Q3_K_S", ports())).rejects.toMatchObject({
      code: "unknown_model",
      hint: expect.stringContaining("Q4_K_M"),
    });
  });

  test("a second look works offline, from the cache", async () => {
    const first = ports();
    const online = await readModel("hf:org/tiny-GGUF", first);
    hub.behave({ dropsConnections: 1e9 });
    expect(await readModel("hf:org/tiny-GGUF", first)).toEqual(online);
    hub.behave({});
    const offline = { ...first, environment: { ...first.environment, HF_HUB_OFFLINE: "1" } };
    expect(await readModel("hf:org/tiny-GGUF", offline)).toEqual(online);
    expect(hub.seen).toEqual([]);
  });

  test("a second look online asks only whether anything changed", async () => {
    const first = ports();
    await readModel("hf:org/tiny-GGUF", first);
    hub.behave({});
    await readModel("hf:org/tiny-GGUF", first);
    expect(hub.seen).toHaveLength(2);
  });

  test("offline without a first look is a clear fault", async () => {
    await expect(
      readModel("hf:org/tiny-GGUF", ports({ HF_HUB_OFFLINE: "1" })),
    ).rejects.toMatchObject({ code: "network", hint: expect.stringContaining("HF_HUB_OFFLINE") });
  });
});

describe("readModel and servers that misbehave", () => {
  const mended: readonly (readonly [string, Misbehaviour])[] = [
    ["fails twice", { unavailable: 2 }],
    ["drops connections", { dropsConnections: 2 }],
    ["cuts parts off", { cutsParts: 2 }],
    ["ignores ranges", { ignoresRanges: true }],
  ];

  test.each(mended)("one that %s is put up with", async (_, how) => {
    hub.behave(how);
    const model = await readModel(`${hub.url}${GGUF}`, ports());
    expect(model.architecture).toBe("qwen2");
  });

  test("delays between tries grow", async () => {
    hub.behave({ unavailable: 3 });
    const used = ports();
    await readModel(`${hub.url}${GGUF}`, used);
    expect(used.slept).toEqual([500, 1000, 2000]);
  });

  const refused: readonly (readonly [string, Misbehaviour, string])[] = [
    ["sends other parts than asked", { rangeOffBy: 7 }, "protocol_error"],
    ["does not say which part it sends", { saysNoRange: true }, "protocol_error"],
    ["changes its length", { changesTotal: true }, "protocol_error"],
    ["changes while it is read", { changesEtag: true }, "protocol_error"],
    ["always cuts parts off", { cutsParts: 1e9 }, "network"],
    ["is never there", { unavailable: 1e9 }, "upstream_error"],
  ];

  test.each(refused)("one that %s is refused", async (_, how, code) => {
    hub.behave(how);
    await expect(readModel(`${hub.url}${GGUF}`, ports())).rejects.toMatchObject({ code });
  });

  test("a page instead of a file is no GGUF", async () => {
    hub.files.set("/page.gguf", "<!doctype html><title>Sign in</title>".padEnd(4096));
    await expect(readModel(`${hub.url}/page.gguf`, ports())).rejects.toMatchObject({
      code: "invalid_gguf",
    });
  });

  test("a redirect to itself ends", async () => {
    hub.behave({ redirectsTo: hub.url });
    await expect(readModel(`${hub.url}${GGUF}`, ports())).rejects.toMatchObject({
      code: "protocol_error",
    });
  });
});

describe("the token", () => {
  test("opens a gated repository, and goes to no other host", async () => {
    hub.behave({ requiresToken: TOKEN });
    await expect(readModel("hf:org/tiny-GGUF", ports())).rejects.toMatchObject({
      code: "unauthorized",
      hint: expect.stringContaining("HF_TOKEN"),
    });
    const model = await readModel("hf:org/tiny-GGUF", ports({ HF_TOKEN: TOKEN }));
    expect(model.architecture).toBe("qwen2");
  });

  test("is not sent along a redirect", async () => {
    const used = ports({ HF_TOKEN: TOKEN });
    await readModel("hf:org/tiny-GGUF", used);
    other.behave({});
    hub.behave({ redirectsTo: other.url });
    used.kept.clear();
    await readModel("hf:org/tiny-GGUF", used).catch(() => undefined);
    expect(hub.seen[0]?.authorization).toBe(`Bearer ${TOKEN}`);
    expect(other.seen.length).toBeGreaterThan(0);
    expect(other.seen.map((request) => request.authorization)).toEqual(
      other.seen.map(() => undefined),
    );
  });

  test("stands in no error", async () => {
    hub.behave({ unavailable: 1e9 });
    const error: unknown = await readModel("hf:org/tiny-GGUF", ports({ HF_TOKEN: TOKEN })).catch(
      (caught: unknown) => caught,
    );
    expect(JSON.stringify(error) + String(error)).not.toContain(TOKEN);
  });
});

describe("ModelScope", () => {
  test("is asked where Hugging Face is away", async () => {
    other.files.set(
      "/api/v1/models/org/tiny-GGUF/repo/files?Revision=master&Recursive=true",
      JSON.stringify({
        Code: 200,
        Data: {
          Files: [{ Type: "blob", Path: "tiny-Q4_K_M.gguf", Size: 1, Sha256: "a".repeat(64) }],
        },
      }),
    );
    other.files.set(
      "/models/org/tiny-GGUF/resolve/master/tiny-Q4_K_M.gguf",
      hub.files.get(GGUF) ?? "",
    );
    hub.behave({ dropsConnections: 1e9 });
    const model = await readModel("hf:org/tiny-GGUF", ports());
    expect(model.weights[0]).toMatchObject({
      location: "modelscope:org/tiny-GGUF:Q4_K_M",
      sha256: "a".repeat(64),
    });
    expect((await readModel("modelscope:org/tiny-GGUF", ports())).architecture).toBe("qwen2");
  });

  test("a name that neither has is unknown", async () => {
    await expect(readModel("org/nothing", ports())).rejects.toMatchObject({
      code: "unknown_model",
    });
  });
});
