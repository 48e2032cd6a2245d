import type { ModelProfile, TensorInfo, WeightsVariant } from "@qwq-fit/schema";

/**
 * Tensors of a variant of which only the size is known (safetensors, MLX): the same matrices, with the
 * bytes shared out by element. MLX quantizes embedding and head as well; AWQ, GPTQ and FP8 leave both
 * in 16 bit (Qwen2.5 and Qwen3 model repositories, quantization_config.modules_to_not_convert).
 */
export const stateTensors = (
  model: ModelProfile,
  variant: WeightsVariant,
): readonly TensorInfo[] => {
  if (variant.tensors.length > 0) return variant.tensors;
  const table = model.vocabularySize * model.embeddingLength;
  const tables = model.tiedEmbeddings ? 1 : 2;
  const experts = expertElements(model);
  const rest = Math.max(0, model.parameters - tables * table - experts);
  const tableBytes =
    variant.format === "mlx"
      ? (variant.tensorBytes * table) / Math.max(1, model.parameters)
      : Math.min(2 * table, variant.tensorBytes / tables);
  const bytesPerElement =
    Math.max(0, variant.tensorBytes - tables * tableBytes) / Math.max(1, rest + experts);
  const type = elementType(variant.quantization);
  const blocks = Math.max(1, model.blocks.length);
  const expertBlocks = Math.max(1, model.blocks.filter((block) => block.experts).length);
  const tableType = variant.format === "mlx" ? type : "BF16";
  const made = [tensor("token_embd.weight", table, tableBytes, tableType)];
  if (!model.tiedEmbeddings) made.push(tensor("output.weight", table, tableBytes, tableType));
  for (const [index, block] of model.blocks.entries()) {
    const share = rest / blocks;
    made.push(tensor(`blk.${index}.weight`, share, share * bytesPerElement, type));
    if (!block.experts) continue;
    const routed = experts / expertBlocks;
    made.push(tensor(`blk.${index}.ffn_exps.weight`, routed, routed * bytesPerElement, type));
  }
  return made;
};

const tensor = (name: string, elements: number, bytes: number, type: string): TensorInfo => ({
  name,
  shape: [elements],
  type,
  bytes,
});

/** Gate, up and down matrix of every routed expert. */
const expertElements = (model: ModelProfile): number => {
  const experts = model.experts;
  if (experts === null) return 0;
  const blocks = model.blocks.filter((block) => block.experts).length;
  return 3 * experts.count * model.embeddingLength * experts.feedForwardLength * blocks;
};

/** "AWQ-4bit" is "AWQ4", "GPTQ-Int8" "GPTQ8", "MLX-4bit" "MLX4"; "FP8" and "BF16" stay. */
const elementType = (quantization: string): string => {
  const upper = quantization.toUpperCase();
  const bits = /(\d+)\s*-?\s*BIT|INT\s*-?(\d+)/.exec(upper);
  const number = bits?.[1] ?? bits?.[2] ?? "4";
  const method = ["AWQ", "GPTQ", "MLX", "AUTOROUND"].find((name) => upper.includes(name));
  if (method === "AUTOROUND") return `GPTQ${number}`;
  return method === undefined ? upper : `${method}${number}`;
};
