import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { hardwareProfile, validate } from "@qwq-fit/schema/validate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createNodePorts } from "./ports/node-ports.ts";
import { probeHardware } from "./probe.ts";

describe("this machine", () => {
  test("is a valid profile that agrees with what Node knows of it", async () => {
    const ports = createNodePorts();
    const profile = validate(hardwareProfile, await probeHardware(), "profile");
    expect(profile.cpu.logicalCores).toBe(ports.facts.cpuModels.length);
    expect(profile.cpu.usableCores).toBeLessThanOrEqual(profile.cpu.logicalCores);
    expect(profile.memory.totalBytes).toBe(ports.facts.totalBytes);
    expect(profile.memory.limitBytes).toBeLessThanOrEqual(profile.memory.totalBytes);
    expect(profile.memory.availableBytes).toBeGreaterThan(0);
    expect(profile.disk?.freeBytes).toBeGreaterThan(0);
  });

  test("is a valid profile where models go elsewhere, to a folder that is not made yet", async () => {
    const modelDirectory = join(tmpdir(), "not", "made", "yet");
    const { disk } = await probeHardware({ modelDirectory });
    expect(disk).toMatchObject({ path: modelDirectory });
    expect(disk?.totalBytes).toBeGreaterThan(0);
  });
});

/** Programs as broken as tools come: shell scripts on a PATH of their own. */
const TOOLS: Readonly<Record<string, string>> = {
  // It hangs in a child, which keeps the pipes open.
  "rocm-smi": "echo partial; sleep 30",
  "nvidia-smi": "head -c 200000 /dev/urandom",
  vulkaninfo: "yes 'GPU0:'",
  "npu-smi": "kill -SEGV $$",
  "mthreads-gmi": 'echo "0    MTT S80        |00000000:04:00.0    |0%    2MiB(16384MiB)"; exit 0',
};

describe.skipIf(process.platform === "win32")("broken tools on the PATH", () => {
  let folder = "";
  const path = process.env["PATH"] ?? "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "profiler-"));
    for (const [name, script] of Object.entries(TOOLS)) {
      await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(folder, name), 0o755);
    }
    process.env["PATH"] = folder + delimiter + path;
  });
  afterAll(async () => {
    process.env["PATH"] = path;
    await rm(folder, { recursive: true });
  });

  test("are warnings with a cure, in time, and the others are still heard", async () => {
    const started = performance.now();
    const { devices, warnings } = await probeHardware();
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(devices.find(({ vendor }) => vendor === "moore-threads")).toMatchObject({
      name: "MTT S80",
    });
    const codes = warnings.map(({ code }) => code);
    expect(codes).toContain("rocm_smi_timeout");
    expect(codes).toContain("nvidia_smi_unreadable");
    expect(codes).toContain("vulkaninfo_failed");
    expect(codes).toContain("npu_smi_failed");
    expect(warnings.every(({ hint }) => hint !== null)).toBe(true);
  });
});
