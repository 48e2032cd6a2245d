import { MiB, type DeviceProfile, type OperatingSystem, type ProbeWarning } from "@qwq-fit/schema";
import type { ProbePorts } from "../ports/probe-ports.ts";

/** Docker gives a container this much where nothing else is said (--shm-size). */
const DOCKER_SHM_BYTES = 64 * MiB;

/** Variables that hide devices from the engines of one backend, though the makers' tools still show them. */
const HIDING: Readonly<Record<string, string>> = {
  CUDA_VISIBLE_DEVICES: "cuda",
  HIP_VISIBLE_DEVICES: "rocm",
  ROCR_VISIBLE_DEVICES: "rocm",
  ASCEND_RT_VISIBLE_DEVICES: "cann",
  MUSA_VISIBLE_DEVICES: "musa",
  MLU_VISIBLE_DEVICES: "neuware",
};

/** What a user should know of the place in which the devices stand, with the cure. */
export async function warnOfDevices(
  ports: ProbePorts,
  os: OperatingSystem,
  devices: readonly DeviceProfile[],
): Promise<readonly ProbeWarning[]> {
  const real = devices.filter(({ software }) => software !== true);
  const warnings: ProbeWarning[] = [];
  for (const [name, backend] of Object.entries(HIDING)) {
    const value = ports.environment(name);
    if (
      value === undefined ||
      !real.some(({ backends }) => backends.some((each) => each === backend))
    ) {
      continue;
    }
    warnings.push({
      code: "devices_hidden",
      message: `${name}=${value.slice(0, 80)} decides which of these devices an engine sees`,
      hint: `unset ${name} where all of them are to be used`,
    });
  }
  if (os.wsl !== null && real.some(({ vendor }) => vendor === "nvidia")) {
    warnings.push({
      code: "wsl_processes",
      message: "inside WSL nvidia-smi does not list the programs of Windows that hold GPU memory",
      hint: "look into Windows' task manager, Details, column Dedicated GPU memory",
    });
  }
  const shm = os.container !== null && real.length > 1 ? await ports.disk("/dev/shm") : null;
  if (shm !== null && shm.totalBytes <= DOCKER_SHM_BYTES) {
    warnings.push({
      code: "shm_small",
      message: `this container's /dev/shm has ${Math.round(shm.totalBytes / MiB)} MiB: engines that split a model over devices (vLLM) fail`,
      hint: "start the container with --ipc=host or a larger --shm-size",
    });
  }
  return warnings;
}
