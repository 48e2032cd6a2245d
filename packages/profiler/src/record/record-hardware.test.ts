import { describe, expect, test } from "vitest";
import { probeHardware } from "../probe.ts";
import { recordHardware, replayHardware } from "./record-hardware.ts";
import { createRecordedPorts } from "./recorded-ports.ts";
import type { Recording } from "./recording.ts";
import { createScrub } from "./scrub.ts";

describe("a machine that is recorded", () => {
  test("replays to what was probed: this one", async () => {
    const [{ recording }, probed] = await Promise.all([recordHardware(), probeHardware()]);
    const replayed = await replayHardware(JSON.parse(JSON.stringify(recording)) as Recording);
    expect(replayed.cpu).toEqual(probed.cpu);
    expect(
      replayed.devices.map(({ id, name, memoryBytes }) => ({ id, name, memoryBytes })),
    ).toEqual(probed.devices.map(({ id, name, memoryBytes }) => ({ id, name, memoryBytes })));
    expect(replayed.memory.totalBytes).toBe(probed.memory.totalBytes);
    expect(replayed.memory.limitBytes).toBe(probed.memory.limitBytes);
    expect(replayed.os).toEqual(probed.os);
    expect(replayed.warnings.map(({ code }) => code)).toEqual(
      probed.warnings.map(({ code }) => code),
    );
  });

  test("a recording of a recording says the same", async () => {
    const first: Recording = {
      schemaVersion: 1,
      platform: "linux",
      files: { "/proc/meminfo": "MemTotal: 16384 kB\nMemAvailable: 8192 kB\n" },
      facts: { homeDirectory: "/home/somebody" },
    };
    const { recording, profile } = await recordHardware({ ports: createRecordedPorts(first) });
    expect(profile).toEqual(await replayHardware(recording));
    expect(JSON.stringify(recording)).not.toContain("somebody");
  });
});

describe("scrub", () => {
  const scrub = createScrub("/home/ada", "adas-box");

  test.for([
    ["<serial>132402104</serial>", "<serial>removed-1</serial>"],
    ["<uuid>GPU-9d0c</uuid>", "<uuid>removed-2</uuid>"],
    ["<serial>N/A</serial>", "<serial>N/A</serial>"],
    [
      "        Serial Number                  : 033DTU10",
      "        Serial Number                  : removed-3",
    ],
    ['"Serial Number": "692"', '"Serial Number": "removed-4"'],
    ["GPU UUID: 01234567-89ab-cdef-0123-456789abcdef", "GPU UUID: removed-5"],
    ["link/ether 02:fc:00:00:00:05", "link/ether removed-6"],
    ["/home/ada/models and /home/bob/x", "~/models and /home/user/x"],
    ["Linux adas-box 6.1", "Linux host 6.1"],
    ["adas-boxes stay", "adas-boxes stay"],
    ["MemTotal:       24641028 kB", "MemTotal:       24641028 kB"],
    [
      "<product_name>NVIDIA H100 PCIe</product_name>",
      "<product_name>NVIDIA H100 PCIe</product_name>",
    ],
  ] as const)("%s becomes %s", ([text, expected]) => {
    expect(scrub(text)).toBe(expected);
  });

  test("equal values stay equal, and different ones different", () => {
    const clean = createScrub("/h", "")("uuid: a\nuuid: b\nuuid: a\n");
    expect(clean).toBe("uuid: removed-1\nuuid: removed-2\nuuid: removed-1\n");
  });

  test("a large hostile text is scrubbed in time", () => {
    const started = performance.now();
    scrub(`${"uuid".repeat(250_000)}\n${"<serial>".repeat(20_000)}`);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
