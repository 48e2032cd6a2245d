import type { ModelProfile, WeightsVariant } from "@qwq-fit/schema";

const made = (
  format: WeightsVariant["format"],
  quantization: string,
  tensorBytes: number,
  location: string | null,
): WeightsVariant => ({
  format,
  quantization,
  imatrix: null,
  tensorBytes: Math.round(tensorBytes),
  fileBytes: Math.round(tensorBytes),
  sizeSource: "computed",
  location,
  sha256: null,
  tensors: [],
});

/**
 * Files for engines that do not read GGUF, beside those that the model names: what its own repository
 * holds (FP8 for DeepSeek's V3 shape, else BF16), and what is usually made of it. Computed from the
 * number of parameters: 2 bytes for BF16, 1 for FP8 and W8A8 with embedding and head in 16 bit, 4.5
 * and 8.5 bits for MLX (a scale and a bias of 16 bit for each 64 weights).
 */
export function otherFormats(model: ModelProfile): readonly WeightsVariant[] {
  const has = (format: string, quantization: string): boolean =>
    model.weights.some((one) => one.format === format && one.quantization === quantization);
  const { parameters } = model;
  const tables = model.vocabularySize * model.embeddingLength * (model.tiedEmbeddings ? 1 : 2);
  const eightBit = parameters + Math.min(tables, parameters);
  const published = model.id.includes("/") && !/^[./]|\.gguf$/.test(model.id);
  const own = published ? `hf:${model.id}` : null;
  const native = model.architecture === "deepseek2" && parameters > 5e11 ? "FP8" : "BF16";
  const all = [
    made("safetensors", native, native === "FP8" ? eightBit : 2 * parameters, own),
    made("safetensors", "W8A8", eightBit, null),
    made("mlx", "MLX-4bit", (4.5 / 8) * parameters, null),
    made("mlx", "MLX-8bit", (8.5 / 8) * parameters, null),
  ];
  return all.filter(({ format, quantization }) => !has(format, quantization));
}
