import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSparseGguf } from "@qwq-fit/models/node";
import { GiB, MiB } from "@qwq-fit/schema";
import type { MemoryReport, ModelEntry } from "@qwq-fit/schema";
import { memoryReport, validate } from "@qwq-fit/schema/validate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { read } from "../support/repository.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";

const QWQ = JSON.parse(read("profiles/models/Qwen/QwQ-32B.json")) as ModelEntry;

function broken(file: string, fault: "cut" | "not-gguf" | "empty" | "2^60-tensors"): Buffer {
  const start = Buffer.alloc(3000);
  switch (fault) {
    case "cut": {
      const handle = openSync(file, "r");
      readSync(handle, start, 0, start.length, 0);
      closeSync(handle);
      return start;
    }
    case "not-gguf":
      return Buffer.from("<!doctype html><html></html>");
    case "empty":
      return Buffer.alloc(0);
    case "2^60-tensors":
      start.write("GGUF");
      start.writeUInt32LE(3, 4);
      start.writeBigUInt64LE(2n ** 60n, 8);
      return start;
  }
}

describe.skipIf(!isBuilt)("qwq-fit estimate, on files", () => {
  let folder = "";
  let file = "";
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "qwq-fit-estimate-"));
    file = join(folder, "qwq.gguf");
    await writeSparseGguf(file, QWQ, { quantization: "Q4_K_M" });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const estimate = async (...args: string[]): Promise<MemoryReport> => {
    const ran = await runCommand(["estimate", file, ...args, "--json"]);
    expect(ran.err).toBe("");
    expect(ran.code).toBe(0);
    return validate(memoryReport, JSON.parse(ran.out), "estimate --json");
  };
  const kvOf = ({ devices }: MemoryReport): number =>
    devices.reduce((sum, { kvCacheBytes }) => sum + kvCacheBytes, 0);

  test("the whole of QwQ-32B at 32k: 8 GiB of f16 cache, and parts that add up", async () => {
    const report = await estimate("--context", "32k");
    expect(kvOf(report)).toBe(8 * GiB);
    const totals = report.devices.map(({ totalBytes }) => totalBytes);
    expect(report.totalBytes).toBe(totals.reduce((sum, bytes) => sum + bytes, 0));
    for (const part of report.devices) {
      const { weightsBytes, repackedBytes, kvCacheBytes, computeBytes, outputBytes } = part;
      expect(part.totalBytes).toBe(
        weightsBytes + repackedBytes + kvCacheBytes + computeBytes + outputBytes,
      );
    }
  });

  test("--context is of one sequence: two sequences take two caches", async () => {
    expect(kvOf(await estimate("--context", "8k", "--concurrency", "2"))).toBe(4 * GiB);
  });

  test("q8_0 takes 34 bytes for 32 elements", async () => {
    const report = await estimate("--context", "32k", "--kv-cache-type", "q8_0");
    expect(kvOf(report)).toBe((8 * GiB * 34) / 64);
  });

  test("a larger batch takes more compute memory", async () => {
    const compute = ({ devices }: MemoryReport): number =>
      devices.reduce((sum, { computeBytes }) => sum + computeBytes, 0);
    const small = await estimate("--batch", "128");
    const large = await estimate("--batch", "512");
    expect(compute(large) - compute(small)).toBeGreaterThan(100 * MiB);
  });

  test("a catalogue name gives what the file gives", async () => {
    const named = await runCommand(["estimate", "qwq-32b", "--json"]);
    expect(JSON.parse(named.out)).toEqual(await estimate());
  });

  test("a quantized value cache without flash attention is refused, and says so", async () => {
    const ran = await runCommand([
      "estimate",
      file,
      "--flash-attention",
      "off",
      "--kv-cache-type",
      "q8_0",
      "--json",
    ]);
    expect(ran.code).toBe(2);
    expect(JSON.parse(ran.out)).toMatchObject({ error: { code: "unsupported_combination" } });
  });

  test("check takes the file too", async () => {
    const ran = await runCommand(["--model", file, "--json"]);
    const report = JSON.parse(ran.out) as { model: { architecture: string }; plans: unknown[] };
    expect([0, 3]).toContain(ran.code);
    expect(report.model.architecture).toBe("qwen2");
  });

  test.for(["cut", "not-gguf", "empty", "2^60-tensors"] as const)(
    "a file that is %s is a typed error, in time",
    async (fault) => {
      const bad = join(folder, `${fault}.gguf`);
      writeFileSync(bad, broken(file, fault));
      const ran = await runCommand(["estimate", bad, "--json"]);
      expect(ran.code).toBe(1);
      expect(JSON.parse(ran.out)).toMatchObject({ error: { code: "invalid_gguf" } });
      expect(ran.ms).toBeLessThan(5000);
    },
  );
});
