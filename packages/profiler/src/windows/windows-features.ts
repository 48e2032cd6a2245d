import { linesOf } from "../device/lines.ts";
import { selectInstructionSets } from "../machine/instruction-sets.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";

/**
 * Prints the instruction sets that Windows itself tells a program (winnt.h, PF_*_AVAILABLE), one a line, by
 * IsProcessorFeaturePresent. It knows no VNNI and no AMX, and bf16 of ARM alone.
 */
export const FEATURE_SCRIPT: string =
  "$k=Add-Type -MemberDefinition '[DllImport(\"kernel32.dll\")] public static extern bool IsProcessorFeaturePresent(uint f);' -Name K -Namespace Q -PassThru; " +
  "$n=@{38='sse4_2';39='avx';40='avx2';41='avx512f';19='neon';43='asimddp';46='sve';47='sve2';66='i8mm';67='asimdhp';68='bf16';70='sme'}; " +
  "foreach($f in $n.Keys){ if($k::IsProcessorFeaturePresent($f)){ $n[$f] } }";

/** The lines of FEATURE_SCRIPT. */
export function parseFeatures(text: string): readonly string[] {
  const sets = linesOf(text).map((line) => line.trim());
  // x86-64-v3, which every CPU with AVX2 meets, has these three as well.
  const implied = sets.includes("avx2") ? ["fma", "f16c", "bmi2"] : [];
  return selectInstructionSets([...sets, ...implied]);
}

/** Instruction sets of a Windows machine; empty where PowerShell may not compile the call. */
export async function probeWindowsFeatures(ports: ProbePorts): Promise<readonly string[]> {
  const result = await ports.run(
    "powershell",
    ["-NoProfile", "-NonInteractive", "-Command", FEATURE_SCRIPT],
    { timeoutMs: 10_000 },
  );
  return result.kind === "ended" ? parseFeatures(result.stdout) : [];
}
