import { GiB, MiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { probeHardware } from "../probe.ts";
import { createRecordedPorts } from "../record/recorded-ports.ts";
import type { RecordedCommand } from "../record/recording.ts";
import { probeNvidia } from "./probe-nvidia.ts";

/* Written from NVIDIA's nvidia-smi documentation and the nvsmi_device_v12 element names; no such machine was at hand. */
function memory(total: string, used: string, free: string): string {
  return `<fb_memory_usage><total>${total}</total><used>${used}</used><free>${free}</free></fb_memory_usage>`;
}

function log(...gpus: readonly string[]): string {
  return `<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">\n<nvidia_smi_log>
<driver_version>570.86.10</driver_version><cuda_version>12.8</cuda_version>${gpus.join("\n")}</nvidia_smi_log>`;
}

function probe(
  commands: Readonly<Record<string, RecordedCommand>>,
): ReturnType<typeof probeNvidia> {
  return probeNvidia(createRecordedPorts({ schemaVersion: 1, commands }));
}

const H100 = `<gpu id="00000000:18:00.0"><product_name>NVIDIA H100 80GB HBM3</product_name>
<mig_mode><current_mig>Enabled</current_mig></mig_mode>
<mig_devices>
<mig_device><index>0</index><gpu_instance_id>1</gpu_instance_id>${memory("40448 MiB", "30 MiB", "40418 MiB")}</mig_device>
<mig_device><index>1</index><gpu_instance_id>5</gpu_instance_id>${memory("9984 MiB", "16 MiB", "9968 MiB")}</mig_device>
</mig_devices>
${memory("81559 MiB", "46 MiB", "81000 MiB")}
<processes><process_info><gpu_instance_id>5</gpu_instance_id><pid>77</pid><process_name>/usr/bin/vllm serve --api-key sk-secret</process_name>
<used_memory>5000 MiB</used_memory></process_info></processes></gpu>`;

describe("MIG", () => {
  test("the slices stand for the card, each with its own memory and processes", async () => {
    const { sightings } = await probe({
      "nvidia-smi -q -x": { stdout: log(H100) },
      "nvidia-smi --query-gpu=index,compute_cap --format=csv,noheader": { stdout: "0, 9.0\n" },
      "nvidia-smi -L": {
        stdout:
          "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1)\n  MIG 3g.40gb     Device  0: (UUID: MIG-1)\n" +
          "  MIG 1g.10gb     Device  1: (UUID: MIG-2)\n",
      },
    });
    expect(sightings.map(({ device }) => device)).toMatchObject([
      {
        id: "nvidia:0:0",
        name: "NVIDIA H100 80GB HBM3 MIG 3g.40gb",
        memoryBytes: 40448 * MiB,
        computeCapability: "9.0",
        processes: [],
      },
      {
        id: "nvidia:0:1",
        name: "NVIDIA H100 80GB HBM3 MIG 1g.10gb",
        memoryBytes: 9984 * MiB,
        processes: [{ pid: 77, name: "vllm serve", memoryBytes: 5000 * MiB }],
      },
    ]);
  });

  test("a card without slices is no device, and says why", async () => {
    const empty = H100.replace(/<mig_device>.*<\/mig_device>/s, "None");
    const { sightings, warnings } = await probe({ "nvidia-smi -q -x": { stdout: log(empty) } });
    expect(sightings).toEqual([]);
    expect(warnings.map(({ code }) => code)).toEqual(["nvidia_mig_empty"]);
  });
});

test("GB10 gives no memory: it shares the machine's", async () => {
  const gb10 = `<gpu id="0000000F:01:00.0"><product_name>NVIDIA GB10</product_name><addressing_mode>ATS</addressing_mode>
${memory("N/A", "N/A", "N/A")}</gpu>`;
  const { devices } = await probeHardware({
    ports: createRecordedPorts({
      schemaVersion: 1,
      architecture: "arm64",
      commands: { "nvidia-smi -q -x": { stdout: log(gb10) } },
      files: { "/proc/meminfo": "MemTotal: 125829120 kB\nMemAvailable: 104857600 kB\n" },
    }),
  });
  expect(devices).toMatchObject([
    { name: "NVIDIA GB10", unified: true, memoryBytes: 120 * GiB, freeBytes: 100 * GiB },
  ]);
});

test("a card that was modified has the memory that it has, whatever its name", async () => {
  const card = `<gpu id="00000000:01:00.0"><product_name>NVIDIA GeForce RTX 4090</product_name>
<ecc_mode><current_ecc>Enabled</current_ecc></ecc_mode>${memory("49140 MiB", "1 MiB", "48510 MiB")}</gpu>`;
  const { sightings } = await probe({ "nvidia-smi -q -x": { stdout: log(card, card) } });
  expect(sightings.map(({ device }) => device.memoryBytes)).toEqual([49140 * MiB, 49140 * MiB]);
  expect(sightings[0]?.device.notes.join()).toContain("ECC");
});

describe("a tool that does not work is a warning with a cure", () => {
  test.each([
    [
      "nvidia_driver_mismatch",
      { stdout: "Failed to initialize NVML: Driver/library version mismatch\n", exitCode: 18 },
    ],
    [
      "nvidia_driver_not_loaded",
      {
        stdout:
          "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n",
        exitCode: 9,
      },
    ],
    ["nvidia_no_devices", { stdout: "No devices were found\n", exitCode: 6 }],
    [
      "nvidia_gpu_lost",
      {
        stdout:
          "Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost.  Reboot the system to recover this GPU\n",
        exitCode: 15,
      },
    ],
    ["nvidia_smi_failed", { stdout: "", stderr: "Segmentation fault", exitCode: 139 }],
    ["nvidia_smi_timeout", { stdout: "", kind: "timeout" }],
    ["nvidia_smi_unreadable", { stdout: "garbage" }],
    ["nvidia_smi_unreadable", { stdout: "" }],
  ] as const)("%s", async (code, command) => {
    const { sightings, warnings } = await probe({ "nvidia-smi -q -x": command });
    expect(sightings).toEqual([]);
    expect(warnings.map((warning) => warning.code)).toEqual([code]);
    expect(warnings[0]?.hint).toBeTruthy();
  });

  test("a report that ends early keeps the whole cards", async () => {
    const card = (name: string): string =>
      `<gpu id="00000000:01:00.0"><product_name>${name}</product_name>${memory("100 MiB", "0 MiB", "100 MiB")}</gpu>`;
    const cut = log(card("A"), card("B")).slice(0, -60);
    const { sightings, warnings } = await probe({ "nvidia-smi -q -x": { stdout: cut } });
    expect(sightings.map(({ device }) => device.name)).toEqual(["A"]);
    expect(warnings.map(({ code }) => code)).toEqual(["nvidia_smi_unreadable"]);
  });
});
