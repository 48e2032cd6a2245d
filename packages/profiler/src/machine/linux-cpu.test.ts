import { describe, expect, test } from "vitest";
import { createRecordedPorts } from "../record/recorded-ports.ts";
import { countCapacities, probeLinuxCpu, usableCores } from "./linux-cpu.ts";
import { parseCpuinfo } from "./linux-cpuinfo.ts";

/** /proc/cpuinfo in the form that Linux's arch/x86/kernel/cpu/proc.c writes, cut to the lines that count. */
function x86(cpus: readonly { package: number; core: number }[], flags: string): string {
  return cpus
    .map(
      (cpu, index) =>
        `processor\t: ${index}\nvendor_id\t: GenuineIntel\nmodel name\t: Test CPU @ 2.0GHz\n` +
        `physical id\t: ${cpu.package}\ncore id\t\t: ${cpu.core}\nflags\t\t: ${flags}\n\n`,
    )
    .join("");
}

describe("parseCpuinfo", () => {
  test("two sockets, two cores each, two threads each", () => {
    const cpus = [0, 1].flatMap((socket) =>
      [0, 1, 0, 1].map((core) => ({ package: socket, core })),
    );
    const cpuinfo = parseCpuinfo(
      x86(cpus, "fpu avx avx2 fma f16c bmi2 avx512f avx512_vnni sse4_2"),
    );
    expect(cpuinfo).toMatchObject({ logicalCores: 8, physicalCores: 4, name: "Test CPU @ 2.0GHz" });
    expect(cpuinfo.instructionSets).toEqual([
      "avx",
      "avx2",
      "fma",
      "f16c",
      "bmi2",
      "avx512f",
      "avx512_vnni",
      "sse4_2",
    ]);
  });

  test("ARM has no model name, and its own words for the sets", () => {
    // The form of Linux's arch/arm64/kernel/cpuinfo.c.
    const cpu =
      "BogoMIPS\t: 50.00\nFeatures\t: fp asimd fphp asimdhp asimddp sve i8mm bf16\n" +
      "CPU implementer\t: 0x41\nCPU part\t: 0xd40\n\n";
    const cpuinfo = parseCpuinfo(`processor\t: 0\n${cpu}processor\t: 1\n${cpu}`);
    expect(cpuinfo).toMatchObject({
      name: "Neoverse-V1",
      vendor: "ARM",
      logicalCores: 2,
      physicalCores: null,
    });
    expect(cpuinfo.instructionSets).toEqual(["neon", "fp16", "dotprod", "sve", "i8mm", "bf16"]);
  });
});

test("words that every object has are no instruction sets", () => {
  const text = x86([{ package: 0, core: 0 }], "__proto__ constructor avx2 toString");
  expect(parseCpuinfo(text).instructionSets).toEqual(["avx2"]);
});

describe("usableCores", () => {
  test.each([
    ["affinity", "Cpus_allowed_list:\t0-3,8\n", null, 5],
    ["a quota, rounded down", "Cpus_allowed_list:\t0-15\n", 3.9, 3],
    ["a quota below one core is still one", "Cpus_allowed_list:\t0-15\n", 0.5, 1],
    ["Node's count where the status is missing", null, null, 6],
  ])("%s", (_, status, quota, cores) => {
    expect(usableCores(status, quota, 16, 6)).toBe(cores);
  });
});

test("Intel's hybrid cores are counted by core, not by thread", async () => {
  const big = [0, 0, 1, 1].map((core) => ({ package: 0, core }));
  const little = [8, 9, 10].map((core) => ({ package: 0, core }));
  const cpu = await probeLinuxCpu(
    createRecordedPorts({
      schemaVersion: 1,
      files: {
        "/proc/cpuinfo": x86([...big, ...little], "avx2"),
        "/proc/self/status": "Cpus_allowed_list:\t0-6\n",
        "/sys/devices/cpu_core/cpus": "0-3\n",
        "/sys/devices/cpu_atom/cpus": "4-6\n",
        "/sys/devices/system/cpu/cpu0/cache/index0/level": "1\n",
        "/sys/devices/system/cpu/cpu0/cache/index0/type": "Data\n",
        "/sys/devices/system/cpu/cpu0/cache/index0/size": "48K\n",
        "/sys/devices/system/cpu/cpu0/cache/index1/level": "1\n",
        "/sys/devices/system/cpu/cpu0/cache/index1/type": "Instruction\n",
        "/sys/devices/system/cpu/cpu0/cache/index1/size": "32K\n",
        "/sys/devices/system/cpu/cpu0/cache/index3/level": "3\n",
        "/sys/devices/system/cpu/cpu0/cache/index3/type": "Unified\n",
        "/sys/devices/system/cpu/cpu0/cache/index3/size": "36864K\n",
      },
    }),
  );
  expect(cpu).toMatchObject({
    logicalCores: 7,
    physicalCores: 5,
    performanceCores: 2,
    efficiencyCores: 3,
    cacheBytes: { l1d: 48 * 1024, l2: null, l3: 36 * 1024 * 1024 },
  });
});

test.each([
  [[1024, 1024, 400, 400, 400, 400], 2, 4],
  [[1024, 1024], null, null],
  [[1024, null], null, null],
])("capacities %j are %s big and %s little", (capacities, performanceCores, efficiencyCores) => {
  expect(countCapacities(capacities)).toEqual({ performanceCores, efficiencyCores });
});
