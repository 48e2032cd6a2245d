import { QwqError } from "@qwq-fit/schema";

import { splitSiblings } from "../profile/split-files.ts";
import type { HubFile } from "./hub.ts";

/** A model's file, or all files of a split one, in a repository. */
export interface GgufFile {
  readonly quantization: string;
  readonly files: readonly HubFile[];
  readonly bytes: number;
}

/** What repositories name their files by; "UD-" marks mixes of Unsloth's own. */
const QUANTIZATION =
  /(?:^|[-._/])((?:UD-)?(?:I?Q\d(?:_[0-9A-Z]+)*|TQ\d_\d|BF16|F16|F32|FP16|FP32|MXFP4(?:_MOE)?))(?=[-._/]|$)/gi;

/** Preferred where nothing was asked for: QwQ's and most repositories' usual choice first. */
const PREFERRED = [
  "Q4_K_M",
  "UD-Q4_K_XL",
  "Q4_K_S",
  "IQ4_XS",
  "Q4_0",
  "Q5_K_M",
  "Q8_0",
  "MXFP4_MOE",
];

/** The models among a repository's files: projectors, importance matrices and draft heads left out. */
export function ggufFiles(files: readonly HubFile[]): GgufFile[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const found: GgufFile[] = [];
  for (const file of files) {
    if (!/\.gguf$/i.test(file.path) || isAccessory(file.path)) continue;
    const siblings = splitSiblings(file.path);
    if (siblings[0] !== file.path) continue;
    const all = siblings.flatMap((path) => byPath.get(path) ?? []);
    if (all.length !== siblings.length) continue;
    const bytes = all.reduce((sum, part) => sum + part.bytes, 0);
    found.push({ quantization: quantizationOf(file.path), files: all, bytes });
  }
  return found.toSorted((left, right) => right.bytes - left.bytes);
}

/** The projector beside a multimodal model: the one with the best precision that is not f32. */
export function projectorFile(files: readonly HubFile[]): HubFile | null {
  const found = files.filter((file) => /(?:^|[/._-])mmproj[^/]*\.gguf$/i.test(file.path));
  return found.toSorted((left, right) => rank(left) - rank(right))[0] ?? null;
}

/** f16 first, then bf16, then quantized ones. */
function rank(file: HubFile): number {
  if (/f32/i.test(file.path)) return 3;
  if (/(?<!b)f16/i.test(file.path)) return 0;
  return /bf16/i.test(file.path) ? 1 : 2;
}

/**
 * The file of the wanted quantization, or of the usual one where none is asked for.
 *
 * @throws QwqError `unknown_model` with what there is in the hint.
 */
export function chooseGguf(
  repository: string,
  found: readonly GgufFile[],
  wanted: { readonly quantization: string | null; readonly file: string | null },
): GgufFile {
  const { quantization, file } = wanted;
  const chosen =
    file === null
      ? byQuantization(found, quantization)
      : found.find((gguf) => gguf.files.some((part) => part.path === file));
  if (chosen !== undefined) return chosen;
  const names = [...new Set(found.map((gguf) => gguf.quantization))].join(", ");
  throw new QwqError(
    "unknown_model",
    `${repository} has no ${file ?? quantization ?? "GGUF file"}`,
    {
      hint: names === "" ? "It has no GGUF files at all." : `It has ${names}.`,
    },
  );
}

function byQuantization(
  found: readonly GgufFile[],
  quantization: string | null,
): GgufFile | undefined {
  const named = (name: string): GgufFile | undefined =>
    found.find((gguf) => gguf.quantization.toUpperCase() === name.toUpperCase());
  if (quantization !== null) return named(quantization);
  const preferred = PREFERRED.map(named).find((gguf) => gguf !== undefined);
  return preferred ?? found.at(-1);
}

/** The last part of a path that looks like a quantization; the directory counts where the file's name has none. */
export function quantizationOf(path: string): string {
  const name = [...path.matchAll(QUANTIZATION)].at(-1)?.[1] ?? "unknown";
  return name.toUpperCase().replace(/^FP(16|32)$/, "F$1");
}

function isAccessory(path: string): boolean {
  const name = path.split("/").at(-1) ?? path;
  return /mmproj|imatrix|^mtp-|draft/i.test(name);
}
