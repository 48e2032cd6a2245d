import { GiB, type ProbeWarning } from "@qwq-fit/schema";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { isApu, type AmdCard } from "./amd-card.ts";

const PAGE_BYTES = 4096;
const BLAS_FOLDER = "/opt/rocm/lib/rocblas/library";

/** What stands between AMD GPUs and an engine, with the cure. */
export async function warnOfAmd(
  ports: ProbePorts,
  cards: readonly AmdCard[],
): Promise<readonly ProbeWarning[]> {
  if (cards.length === 0) return [];
  const [devices, library, meminfo] = await Promise.all([
    ports.listDir("/dev"),
    ports.listDir(BLAS_FOLDER),
    ports.readFile("/proc/meminfo"),
  ]);
  const warnings: ProbeWarning[] = [];
  if (devices !== null && !devices.includes("kfd") && cards.some(({ rocm }) => rocm)) {
    warnings.push({
      code: "amd_kfd_missing",
      message: "there is no /dev/kfd: ROCm cannot run here",
      hint: "pass --device /dev/kfd --device /dev/dri to the container, or load amdgpu's compute part",
    });
  }
  for (const { target } of cards) {
    const known = library?.some((name) => name.includes(target ?? "")) ?? true;
    if (target !== null && library !== null && library.length > 0 && !known) {
      warnings.push({
        code: "amd_target_unsupported",
        message: `this rocBLAS has no kernels for ${target}: ROCm engines fall back to the CPU`,
        hint: "use Vulkan, or set HSA_OVERRIDE_GFX_VERSION to a near target",
      });
    }
  }
  return [...warnings, ...cards.flatMap((card) => warnOfGtt(card, meminfo))];
}

/** An APU whose GPU may map half of the memory or less could have more. */
function warnOfGtt(card: AmdCard, meminfo: string | null): readonly ProbeWarning[] {
  const total = Number(/^MemTotal:\s+(\d{1,12}) kB/m.exec(meminfo ?? "")?.[1] ?? NaN) * 1024;
  if (!isApu(card) || card.gttBytes === null || Number.isNaN(total)) return [];
  const reachable = total - 8 * GiB;
  if (total < 24 * GiB || card.gttBytes > 0.6 * total || reachable <= card.gttBytes) return [];
  const pages = Math.floor(reachable / PAGE_BYTES);
  return [
    {
      code: "amd_gtt_limit",
      message: `the GPU may map ${(card.gttBytes / GiB).toFixed(1)} of ${(total / GiB).toFixed(1)} GiB`,
      hint: `boot with ttm.pages_limit=${pages} for ${(reachable / GiB).toFixed(0)} GiB, and keep the BIOS carve-out small`,
    },
  ];
}
