import { GiB, MiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { probeHardware } from "../probe.ts";
import { createRecordedPorts } from "../record/recorded-ports.ts";
import type { RecordedCommand } from "../record/recording.ts";
import { parseVmStat } from "./darwin-memory.ts";

/*
 * Written from the documented formats of sysctl(8), vm_stat(1), system_profiler(8) and Metal's MTLDevice properties; no
 * Mac was at hand.
 */
const SYSCTL = `hw.memsize: 34359738368
hw.physicalcpu: 10
hw.logicalcpu: 10
hw.perflevel0.physicalcpu: 4
hw.perflevel0.l1dcachesize: 131072
hw.perflevel0.l2cachesize: 16777216
hw.perflevel1.physicalcpu: 6
hw.optional.arm64: 1
hw.optional.arm.FEAT_DotProd: 1
hw.optional.arm.FEAT_I8MM: 1
hw.optional.arm.FEAT_BF16: 1
hw.optional.arm.FEAT_SME: 1
hw.optional.arm.FEAT_SHA3: 1
hw.optional.arm.FEAT_EBF16: 0
machdep.cpu.brand_string: Apple M4
iogpu.wired_limit_mb: 0
vm.swapusage: total = 2048.00M  used = 1536.00M  free = 512.00M  (encrypted)
kern.osproductversion: 26.1
`;
const VM_STAT = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                              100000.
Pages active:                            500000.
Pages inactive:                          400000.
Pages speculative:                        24288.
`;
const DISPLAYS = JSON.stringify({
  SPDisplaysDataType: [
    {
      _name: "kHW_AppleM4Item",
      sppci_model: "Apple M4",
      sppci_cores: "10",
      spdisplays_mtlgpufamilysupport: "spdisplays_metal4",
    },
  ],
});
/** A working-set limit of 22.9 GiB, as Metal tells it for 32 GiB. */
const WORKING_SET_BYTES = 24_588_687_769;
const METAL = `{"name":"Apple M4","recommended":${WORKING_SET_BYTES},"unified":true}\n`;

function profileMac(
  commands: Readonly<Record<string, RecordedCommand>>,
): ReturnType<typeof probeHardware> {
  const ports = createRecordedPorts({
    schemaVersion: 1,
    platform: "darwin",
    architecture: "arm64",
    battery: { present: true, onMains: false, percent: 80 },
    commands: {
      sysctl: { stdout: SYSCTL, stderr: "sysctl: unknown oid", exitCode: 1 },
      vm_stat: { stdout: VM_STAT },
      osascript: { stdout: METAL },
      system_profiler: { stdout: DISPLAYS },
      ...commands,
    },
  });
  return probeHardware({ ports });
}

describe("a Mac", () => {
  test("its budget is what Metal says, and it is one pot with the machine's memory", async () => {
    const profile = await profileMac({});
    expect(profile.os).toMatchObject({ name: "macOS 26.1", rosetta: false });
    expect(profile.cpu).toMatchObject({
      name: "Apple M4",
      vendor: "Apple",
      performanceCores: 4,
      efficiencyCores: 6,
      cacheBytes: { l1d: 131072, l2: 16 * MiB, l3: null },
      instructionSets: ["neon", "dotprod", "i8mm", "bf16", "sme"],
    });
    const availableBytes = 16384 * 524288;
    expect(profile.memory).toMatchObject({
      totalBytes: 32 * GiB,
      availableBytes,
      swapTotalBytes: 2 * GiB,
      swapFreeBytes: 512 * MiB,
    });
    expect(profile.devices).toHaveLength(1);
    expect(profile.devices[0]).toMatchObject({
      id: "apple:0",
      vendor: "apple",
      name: "Apple M4",
      backends: ["metal"],
      memoryBytes: WORKING_SET_BYTES,
      memorySource: "Metal recommendedMaxWorkingSetSize",
      freeBytes: availableBytes,
      unified: true,
      computeCapability: "metal4",
      notes: ["10 GPU cores"],
    });
    expect(profile.power).toMatchObject({ source: "battery", batteryPercent: 80 });
    expect(profile.warnings).toEqual([]);
  });

  test("iogpu.wired_limit_mb above 0 stands above Metal's limit", async () => {
    const sysctl = SYSCTL.replace("wired_limit_mb: 0", "wired_limit_mb: 28672");
    const { devices } = await profileMac({ sysctl: { stdout: sysctl } });
    expect(devices[0]).toMatchObject({
      memoryBytes: 28 * GiB,
      memorySource: "sysctl iogpu.wired_limit_mb",
    });
  });

  test("without Metal's word the budget is unknown, not a share of memory", async () => {
    const { devices, warnings } = await profileMac({
      osascript: { stdout: "", stderr: "execution error: Error: undefined", exitCode: 1 },
    });
    expect(devices[0]).toMatchObject({ name: "Apple M4", memoryBytes: null, freeBytes: null });
    expect(warnings.map(({ code }) => code)).toEqual(["osascript_failed"]);
  });

  test("Rosetta is seen and told", async () => {
    const sysctl = `${SYSCTL}sysctl.proc_translated: 1\n`;
    const { os, warnings } = await profileMac({ sysctl: { stdout: sysctl } });
    expect(os.rosetta).toBe(true);
    expect(warnings.map(({ code }) => code)).toContain("rosetta");
  });
});

test("vm_stat of a machine with 4 KiB pages", () => {
  expect(parseVmStat(VM_STAT.replace("16384", "4096"))).toBe(4096 * 524288);
  expect(parseVmStat("garbage")).toBeNull();
});
