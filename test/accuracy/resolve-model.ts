import { layoutTensors, modelFromEntry } from "../../packages/models/src/index.ts";
import type {
  Measurement,
  ModelEntry,
  ModelProfile,
  TensorInfo,
  WeightsVariant,
} from "../../packages/schema/src/index.ts";

export interface ResolvedModel {
  readonly model: ModelProfile;
  readonly variant: WeightsVariant;
  /** The shape is another model's, scaled to this one's size, or the quantization another. */
  readonly approximate: boolean;
}

const plain = (name: string): string =>
  name
    .toLowerCase()
    // Ollama's tag: "llama3.1:8b", "deepseek-r1:14b"
    .replace(/^deepseek-r1:(1\.5|7|14|32)b/, "deepseek-r1-distill-qwen-$1b")
    .replace(/^deepseek-r1:(8|70)b/, "deepseek-r1-distill-llama-$1b")
    .replace(/^(llama|qwen)-?(\d(?:\.\d)?):/, "$1-$2-")
    .replaceAll(":", "-")
    .replaceAll(/\(.*?\)/g, "")
    .replace(/^[\w.-]+\//, "")
    .replaceAll(/[\s_]+/g, "-")
    .replaceAll(/-(?:instruct|chat|it|base|gguf|hf|\d{4})\b/g, "")
    .replaceAll(/-(?:awq|gptq|fp8|bf16|mlx|[48]-?bit|int[48])\b/g, "")
    .replaceAll(/-+$/g, "");

/** Names that a model of the same shape goes by. */
const sameShape: readonly (readonly [RegExp, string])[] = [
  [/^(?:meta-)?llama-3-(8b|70b)/, "llama-3.1-$1"],
  [/^meta-llama/, "llama"],
  [/^r1-distill/, "deepseek-r1-distill"],
  [/^deepseek-(?:r1|v3)(?:\.\d)?(?:-0\d+)?(?:-671b)?$/, "deepseek-r1"],
  [/^qwen2-(0\.5b|1\.5b|7b|72b)$/, "qwen2.5-$1"],
  [/^qwen(2\.5|3)-(?:coder|math|thinking)-/, "qwen$1-"],
  [/^(qwen3-[\d.]+b-a\d+b)-.*$/, "$1"],
];

const namesOf = (entry: ModelEntry): readonly string[] =>
  [entry.id, entry.name, ...entry.aliases].map(plain);

/** The catalogue entry of a model's name, however it is spelt; undefined where there is none. */
export function findEntry(name: string, models: readonly ModelEntry[]): ModelEntry | undefined {
  let wanted = plain(name);
  for (let turn = 0; turn < 2; turn += 1) {
    const found = models.find((entry) => namesOf(entry).includes(wanted));
    if (found !== undefined) return found;
    for (const [pattern, replacement] of sameShape) wanted = wanted.replace(pattern, replacement);
  }
  return undefined;
}

/** Sizes of models whose names tell none, or not all of it; from their cards, as remembered. */
const knownSizes: readonly (readonly [RegExp, string])[] = [
  [/mixtral-8x7b/i, "46.7B-A12.9B"],
  [/mixtral-8x22b/i, "141B-A39B"],
  [/gpt-oss-20b/i, "20.9B-A3.6B"],
  [/gpt-oss-120b/i, "117B-A5.1B"],
  [/phi-?4(?!-mini)/i, "14.7B"],
  [/phi-?3[:.-]?(?:5-)?mini|phi-4-mini/i, "3.8B"],
  [/(?:mistral|magistral|devstral)-small/i, "24B"],
  [/glm-4\.5-air/i, "106B-A12B"],
  [/glm-4\.[567]/i, "355B-A32B"],
  [/llama-?4-scout/i, "109B-A17B"],
  [/llama-?4-maverick/i, "400B-A17B"],
  [/kimi-k2/i, "1026B-A32B"],
  [/minimax-m2/i, "230B-A10B"],
  [/deepseek-(?:coder-)?v2-lite/i, "15.7B-A2.4B"],
  [/qwen1\.5-moe/i, "14.3B-A2.7B"],
];

/** "30B-A3B" is 30e9 of which 3e9 are active; null where the name tells no size. */
const sizeOf = (told: string): { readonly all: number; readonly active: number } | null => {
  const name = knownSizes.find(([pattern]) => pattern.test(told))?.[1] ?? told;
  const found = /(\d+(?:\.\d+)?)b(?:-a(\d+(?:\.\d+)?)b)?/i.exec(name);
  if (found === null) return null;
  const all = Number(found[1]) * 1e9;
  return { all, active: found[2] === undefined ? all : Number(found[2]) * 1e9 };
};

/** Elements of a dense model of so many bytes in a 4-bit mix, which most rows are of. */
const FOUR_BIT_BYTES = 0.6;

/** The entry nearest in size, of the same kind. */
const nearestEntry = (
  { model: name, weightBytesPerToken: bytes }: Measurement,
  models: readonly ModelEntry[],
): { readonly entry: ModelEntry; readonly factor: number } | null => {
  const elements = bytes === null ? null : bytes / FOUR_BIT_BYTES;
  const size = sizeOf(name) ?? (elements === null ? null : { all: elements, active: elements });
  if (size === null) return null;
  const isMoe = size.active < size.all;
  const hybrid = /qwen3\.[5-9]/i.test(name);
  const distance = (entry: ModelEntry): number =>
    Math.abs(Math.log(entry.parameters / size.all)) +
    (entry.kind.startsWith("hybrid") === hybrid ? 0 : 1);
  const [entry] = models
    .filter(({ kind }) => kind.includes("moe") === isMoe)
    .toSorted((a, b) => distance(a) - distance(b) || a.id.localeCompare(b.id));
  return entry === undefined ? null : { entry, factor: size.all / entry.parameters };
};

/** Bits an element takes in formats that are not GGUF: groups of 128 with a 16-bit scale (and a zero). */
const servedBits: readonly (readonly [RegExp, string, "safetensors" | "mlx", number])[] = [
  [/fp8/, "FP8", "safetensors", 8],
  [/gptq.*8/, "GPTQ-Int8", "safetensors", 8 + 24 / 128],
  [/gptq/, "GPTQ-Int4", "safetensors", 4 + 20 / 128],
  [/awq/, "AWQ-4bit", "safetensors", 4 + 20 / 128],
  [/autoround|int4|w4a16/, "GPTQ-Int4", "safetensors", 4 + 20 / 128],
  [/int8|w8a\d+/, "GPTQ-Int8", "safetensors", 8 + 24 / 128],
  // groups of 64 with a 16-bit scale and bias
  [/mlx.*8/, "MLX-8bit", "mlx", 8.5],
  [/mlx.*6/, "MLX-6bit", "mlx", 6.5],
  [/mlx.*3/, "MLX-3bit", "mlx", 3.5],
  [/mlx/, "MLX-4bit", "mlx", 4.5],
];

const servedVariant = (model: ModelProfile, quantization: string): WeightsVariant | null => {
  const lower = quantization.toLowerCase();
  const found = servedBits.find(([pattern]) => pattern.test(lower));
  if (found === undefined) return null;
  const [, name, format, bits] = found;
  const tables = model.vocabularySize * model.embeddingLength * (model.tiedEmbeddings ? 1 : 2);
  const bytes =
    format === "mlx"
      ? (model.parameters * bits) / 8
      : ((model.parameters - tables) * bits) / 8 + 2 * tables;
  return {
    format,
    quantization: name,
    imatrix: null,
    tensorBytes: bytes,
    fileBytes: bytes,
    sizeSource: "computed",
    location: null,
    sha256: null,
    tensors: [],
  };
};

/** "UD-Q4_K_XL" and "Q4" are read as the llama.cpp mix nearest to them. */
const ggufName = (quantization: string): string => {
  const upper = quantization.toUpperCase().replace(/^UD-/, "");
  const extra = /^(Q[2-6]_K)_X+L$/.exec(upper);
  if (extra !== null)
    return extra[1] === "Q6_K" || extra[1] === "Q2_K" ? extra[1] : `${extra[1]}_M`;
  if (upper === "Q8_K_XL" || upper === "Q8") return "Q8_0";
  if (/^Q[456]$/.test(upper)) return upper === "Q6" ? "Q6_K" : `${upper}_K_M`;
  return upper === "FP16" ? "F16" : upper;
};

const scaled = (tensor: TensorInfo, factor: number): TensorInfo => ({
  ...tensor,
  shape: tensor.shape.map((size, index) => (index === 0 ? size * factor : size)),
  bytes: tensor.bytes * factor,
});

const ggufVariant = (entry: ModelEntry, quantization: string): WeightsVariant | null => {
  try {
    // the smallest mixes need an importance matrix
    const imatrix = /^I?Q[12]|^IQ3/.test(ggufName(quantization));
    const tensors = layoutTensors(entry, ggufName(quantization), { imatrix });
    const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
    return {
      format: "gguf",
      quantization: ggufName(quantization),
      imatrix: null,
      tensorBytes: bytes,
      fileBytes: bytes,
      sizeSource: "computed",
      location: null,
      sha256: null,
      tensors,
    };
  } catch {
    return null;
  }
};

/** A row's model and the weights that were run; null with neither a known shape nor a size in its name. */
export function resolveModel(
  row: Measurement,
  models: readonly ModelEntry[],
): ResolvedModel | null {
  const known = findEntry(row.model, models);
  const nearest = known === undefined ? nearestEntry(row, models) : null;
  const entry = known ?? nearest?.entry;
  if (entry === undefined) return null;
  const model = modelFromEntry(entry, { quantizations: [] });
  const told = servedVariant(model, row.quantization) ?? ggufVariant(entry, row.quantization);
  const variant = told ?? ggufVariant(entry, "Q4_K_M");
  if (variant === null) return null;
  if (nearest === null) return { model, variant, approximate: told === null };
  const { factor } = nearest;
  return {
    model: { ...model, parameters: model.parameters * factor },
    variant: {
      ...variant,
      tensorBytes: variant.tensorBytes * factor,
      tensors: variant.tensors.map((tensor) => scaled(tensor, factor)),
    },
    approximate: true,
  };
}
