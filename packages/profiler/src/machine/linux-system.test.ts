import { expect, test } from "vitest";
import { createRecordedPorts } from "../record/recorded-ports.ts";
import { probeLinuxSystem } from "./linux-system.ts";

test.each([
  ["6.8.0-45-generic", null],
  ["5.15.153.1-microsoft-standard-WSL2", 2],
  ["4.4.0-19041-Microsoft", 1],
])("kernel %s is WSL %s", async (kernel, wsl) => {
  const ports = createRecordedPorts({
    schemaVersion: 1,
    files: {
      "/proc/sys/kernel/osrelease": `${kernel}\n`,
      "/etc/os-release": 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nVERSION_ID="24.04"\n',
    },
  });
  expect(await probeLinuxSystem(ports)).toMatchObject({
    name: "Ubuntu 24.04.1 LTS",
    version: "24.04",
    kernel,
    wsl,
    container: null,
  });
});

test.each([
  [{ files: { "/.dockerenv": "" } }, "docker"],
  [{ files: { "/run/.containerenv": "engine=podman" } }, "podman"],
  [{ files: { "/run/systemd/container": "systemd-nspawn\n" } }, "systemd-nspawn"],
  [{ files: { "/proc/1/cgroup": "0::/kubepods/besteffort/pod1\n" } }, "kubernetes"],
  [{ files: { "/proc/1/cgroup": "4:memory:/lxc/web\n" } }, "lxc"],
  [{ environment: { KUBERNETES_SERVICE_HOST: "10.0.0.1" } }, "kubernetes"],
  [{ files: { "/proc/1/cgroup": "0::/init.scope\n" } }, null],
])("%j is in container %s", async (recording, container) => {
  const system = await probeLinuxSystem(createRecordedPorts({ schemaVersion: 1, ...recording }));
  expect(system.container).toBe(container);
});
