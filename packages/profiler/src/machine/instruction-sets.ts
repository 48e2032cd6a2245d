import { lookUp } from "../device/look-up.ts";

/**
 * The x86 sets that decide llama.cpp's kernels and repacking, as Linux spells them in /proc/cpuinfo (llama.cpp v0.5.0
 * ggml/src/ggml-cpu/arch/x86/cpu-feats.cpp and repack.cpp).
 */
const X86: ReadonlySet<string> = new Set([
  "sse4_2",
  "ssse3",
  "avx",
  "avx2",
  "f16c",
  "fma",
  "bmi2",
  "avx_vnni",
  "avx_vnni_int8",
  "avx512f",
  "avx512cd",
  "avx512bw",
  "avx512dq",
  "avx512vl",
  "avx512vbmi",
  "avx512_vnni",
  "avx512_bf16",
  "avx512_fp16",
  "amx_tile",
  "amx_int8",
  "amx_bf16",
]);

/** Linux's ARM "Features" and macOS's FEAT_ names under llama.cpp's (ggml/src/ggml-cpu/arch/arm/cpu-feats.cpp). */
const ARM: Readonly<Record<string, string>> = {
  asimd: "neon",
  neon: "neon",
  asimddp: "dotprod",
  asimdhp: "fp16",
  i8mm: "i8mm",
  sve: "sve",
  sve2: "sve2",
  sme: "sme",
  sme2: "sme2",
  bf16: "bf16",
  FEAT_DotProd: "dotprod",
  FEAT_FP16: "fp16",
  FEAT_I8MM: "i8mm",
  FEAT_BF16: "bf16",
  FEAT_SME: "sme",
  FEAT_SME2: "sme2",
};

/** RISC-V and LoongArch sets with kernels of their own. */
const OTHER: ReadonlySet<string> = new Set(["lsx", "lasx"]);

/** The flags that count, in llama.cpp's spelling, without doubles, in a stable order. */
export function selectInstructionSets(flags: readonly string[]): readonly string[] {
  const known = flags.flatMap((flag): string[] => {
    if (X86.has(flag) || OTHER.has(flag)) return [flag];
    const arm = lookUp(ARM, flag);
    return arm === null ? [] : [arm];
  });
  return [...new Set(known)];
}
