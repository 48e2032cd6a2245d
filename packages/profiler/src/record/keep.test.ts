import { describe, expect, test } from "vitest";
import { createRecordedPorts } from "./recorded-ports.ts";
import { keepAnswer, keepFile, keepNames, keepOutput, keepVariable } from "./keep.ts";
import { recordHardware, replayHardware } from "./record-hardware.ts";
import type { Recording } from "./recording.ts";

/** A machine whose tools tell more than a profile needs. Written for these tests, in the tools' forms. */
const TALKATIVE: Recording = {
  schemaVersion: 1,
  environment: { OLLAMA_HOST: "http://secret-name:11434" },
  facts: { homeDirectory: "/home/ada", cpuModels: ["a CPU"] },
  commands: {
    "nvidia-smi -q -x": {
      stdout: `<nvidia_smi_log><driver_version>570</driver_version><gpu id="00000000:01:00.0">
<product_name>NVIDIA L4</product_name><serial>1650000000001</serial><uuid>GPU-01234567-89ab-cdef-0123-456789abcdef</uuid>
<fb_memory_usage><total>23034 MiB</total><free>20000 MiB</free></fb_memory_usage>
<processes><process_info><pid>7</pid><process_name>/home/ada/venv/bin/vllm serve --api-key sk-secret</process_name>
<used_memory>3000 MiB</used_memory></process_info></processes></gpu></nvidia_smi_log>`,
    },
    "bm-smi --noloop": {
      stdout:
        "| 0  1684X-EVB   PCIE HQATEVBAIAIAI0001 | 0    42C     45C     12W   750mV  OFF    N/A          0% |\n" +
        "|   N/A   N/A   N/A   25M    1000M   N/A|000:01:00.0 Active   1000M       N/A     0MB/14679MB      |\n",
    },
  },
  files: {
    "/proc/meminfo": "MemTotal: 33554432 kB\nMemAvailable: 16777216 kB\n",
    "/proc/self/cgroup": "0::/a\n",
    "/proc/self/mountinfo":
      "40 23 0:40 / /mnt/data rw - nfs4 files.secret-name.example:/export rw\n" +
      "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
    "/sys/fs/cgroup/a/memory.max": "8589934592\n",
    "/sys/fs/cgroup/a/memory.current": "1073741824\n",
  },
  directories: { "/dev": ["kfd", "ada-laptop-vg", "davinci0"] },
  http: {
    "11434/api/version": { status: 200, server: null, body: '{"version":"0.12.3"}' },
    "11434/api/tags": {
      status: 200,
      server: null,
      body: '{"models":[{"name":"qwq:32b","remote_host":"https://secret-name","digest":"abc"}]}',
    },
    "8080/v1/models": {
      status: 200,
      server: "llama.cpp",
      body: '{"data":[{"id":"/home/ada/q.gguf"}]}',
    },
    "8080/props": {
      status: 200,
      server: "llama.cpp",
      body: '{"build_info":"b1","default_generation_settings":{"prompt":"my secret diary"}}',
    },
  },
};

describe("a recording", () => {
  test("holds nothing that names a person, a machine or a request", async () => {
    const ports = createRecordedPorts(TALKATIVE);
    const { recording, profile } = await recordHardware({ ports });
    const text = JSON.stringify([recording, profile]);
    for (const secret of ["ada", "secret", "1650000000001", "01234567-89ab", "HQATEVB", "sk-"]) {
      expect(text).not.toContain(secret);
    }
  });

  test("still tells all that was probed", async () => {
    const ports = createRecordedPorts(TALKATIVE);
    const { recording, profile } = await recordHardware({ ports });
    expect(profile.devices.map(({ name }) => name).toSorted()).toEqual([
      "Huawei NPU",
      "NVIDIA L4",
      "Sophgo BM1684X (1684X-EVB)",
    ]);
    const card = profile.devices.find(({ vendor }) => vendor === "nvidia");
    expect(card).toMatchObject({
      pciAddress: "0000:01:00.0",
      processes: [{ pid: 7, name: "vllm serve" }],
    });
    expect(profile.memory.limitBytes).toBe(8589934592);
    expect(profile.engines).toMatchObject([
      { engine: "ollama", version: "0.12.3", models: [{ name: "qwq:32b", cloud: true }] },
      { engine: "llama-server", version: "b1", models: [{ name: "~/q.gguf" }] },
    ]);
    expect(await replayHardware(recording)).toEqual(profile);
  });
});

test("of the PCI table the makers of GPUs are kept, without subsystems", () => {
  const table =
    "1000  Broadcom\n\t0001  A card\n1002  AMD\n\t1304  Kaveri\n\t\t1002 0001  A laptop\n# comment\n\t744c  Navi 31\n10de  NVIDIA\n\t2684  AD102\n";
  expect(keepFile("/usr/share/misc/pci.ids", table)).toBe(
    "1002  AMD\n\t1304  Kaveri\n\t744c  Navi 31\n",
  );
});

test("a hostile table is reduced in time", () => {
  const started = performance.now();
  keepFile("/usr/share/misc/pci.ids", `1002  AMD\n${"\t".repeat(500_000)}`);
  keepOutput("nvidia-smi", "<process_name>".repeat(50_000));
  keepOutput("bm-smi", "PCIE ".repeat(200_000));
  expect(performance.now() - started).toBeLessThan(5000);
});

test.each([
  ["/dev", ["sda", "mtgpu.0"], ["mtgpu.0"]],
  ["C:\\Windows\\System32", ["vulkan-1.dll", "secret.dll"], ["vulkan-1.dll"]],
  ["/sys/class/drm", ["card0"], ["card0"]],
])("of %s's names %j are kept as %j", (path, names, kept) => {
  expect(keepNames(path, names)).toEqual(kept);
});

test("an address keeps its port, an answer that is no JSON nothing", () => {
  expect(keepVariable("OLLAMA_HOST", "box.example:9000")).toBe(":9000");
  expect(keepVariable("HOME", "x")).toBe("x");
  expect(keepAnswer("<html>secret</html>")).toBe("{}");
});
