import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { checkRoom, probeVolume } from "./volume-room.ts";

const directory = mkdtempSync(path.join(tmpdir(), "room-"));
const file = path.join(directory, "model.gguf");

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("checkRoom", () => {
  test("without holes a file larger than the free room is refused", async () => {
    const probe = async (): Promise<{ holes: boolean; freeBytes: number }> => ({
      holes: false,
      freeBytes: 10e9,
    });
    await expect(checkRoom(file, 20e9, probe)).rejects.toMatchObject({ code: "disk_full" });
    await expect(checkRoom(file, 9e9, probe)).resolves.toBeUndefined();
  });

  test("with holes any size may be written", async () => {
    await expect(
      checkRoom(file, 20e12, async () => ({ holes: true, freeBytes: 0 })),
    ).resolves.toBeUndefined();
  });

  test.runIf(process.platform === "linux")("the temporary directory knows holes", async () => {
    const volume = await probeVolume(directory);
    expect(volume.holes).toBe(true);
    expect(volume.freeBytes).toBeGreaterThan(0);
    expect(readdirSync(directory)).toEqual([]);
  });
});
