import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HardwareProfile } from "@qwq-fit/schema";
import { hardwareProfile, validate } from "@qwq-fit/schema/validate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../support/repository.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";

const FIXTURES = join(root, "..", "shared", "fixtures", "telegraf", "nvidia_smi");

describe.skipIf(!isBuilt)("a recorded machine", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "qwq-fit-record-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const profileOf = async (file: string): Promise<HardwareProfile> => {
    const { out } = await runCommand(["profile", "--hardware", file, "--json"]);
    return validate(hardwareProfile, JSON.parse(out), file);
  };

  test("is the machine it was recorded on, wherever it is replayed", async () => {
    const file = join(folder, "machine.json");
    const { code, out } = await runCommand(["profile", "--record", file, "--json"]);
    expect(code).toBe(0);
    const here = validate(hardwareProfile, JSON.parse(out), "profile --json");
    const there = await profileOf(file);
    expect(there.cpu).toEqual(here.cpu);
    expect(there.memory.totalBytes).toBe(here.memory.totalBytes);
    expect(there.devices.map(({ name }) => name)).toEqual(here.devices.map(({ name }) => name));
    expect(there.label).toBe("machine");
    const check = await runCommand(["--hardware", file, "--json"]);
    expect([0, 3]).toContain(check.code);
  });

  test("holds no home folder and no UUID", async () => {
    const file = join(folder, "clean.json");
    await runCommand(["profile", "--record", file], { env: { HOME: join(folder, "home-of-ada") } });
    const text = readFileSync(file, "utf8");
    expect(text).not.toContain("home-of-ada");
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/iu);
  });

  test("a broken recording is an error, not a crash", async () => {
    const file = join(folder, "broken.json");
    writeFileSync(file, JSON.stringify({ schemaVersion: 1, commands: { "nvidia-smi": 5 } }));
    const { code, out } = await runCommand(["--hardware", file, "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: "invalid_configuration" } });
  });

  test("what `profile --json` printed is taken too", async () => {
    const { out } = await runCommand(["profile", "--json"]);
    const file = join(folder, "profile.json");
    writeFileSync(file, out);
    expect((await profileOf(file)).cpu).toEqual((JSON.parse(out) as HardwareProfile).cpu);
  });

  test.skipIf(!existsSync(FIXTURES))(
    "a tool's saved output is a machine (skipped where ../shared does not stand beside)",
    async () => {
      const { devices } = await profileOf(join(FIXTURES, "tesla-t4.xml"));
      expect(devices.map(({ name }) => name)).toEqual(["Tesla T4"]);
    },
  );
});
