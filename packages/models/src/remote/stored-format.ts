import { fieldsOf, numberField, textField } from "./json-value.ts";

/** How a repository's safetensors hold their weights. */
export interface StoredFormat {
  readonly format: "safetensors" | "mlx";
  /** "BF16", "FP8", "AWQ-4bit", "GPTQ-8bit", "MLX-4bit". */
  readonly quantization: string;
  /** How {@link TensorInfo.type} names packed integers: "AWQ4"; null where nothing is packed. */
  readonly packedType: string | null;
  readonly bitsPerWeight: number;
}

const DTYPES: Readonly<Record<string, readonly [string, number]>> = {
  bfloat16: ["BF16", 16],
  float16: ["F16", 16],
  float32: ["F32", 32],
};

/** Reads `quantization_config` (transformers), `quantization` (mlx-lm), else the plain type. */
export function storedFormat(config: unknown): StoredFormat {
  const fields = { ...fieldsOf(fieldsOf(config)["text_config"]), ...fieldsOf(config) };
  const method = textField(fields["quantization_config"], "quant_method");
  const mlxBits = numberField(fields["quantization"], "bits");
  if (mlxBits !== null) return packed("mlx", "MLX", mlxBits);
  if (method !== null) return byMethod(method, fields["quantization_config"]);
  const dtype = textField(fields, "torch_dtype") ?? textField(fields, "dtype") ?? "bfloat16";
  const [quantization, bitsPerWeight] = DTYPES[dtype] ?? ["BF16", 16];
  return { format: "safetensors", quantization, packedType: null, bitsPerWeight };
}

function byMethod(method: string, config: unknown): StoredFormat {
  const bits = numberField(config, "bits") ?? numberField(config, "w_bit") ?? 4;
  switch (method) {
    case "fp8":
    case "fbgemm_fp8":
      return { format: "safetensors", quantization: "FP8", packedType: null, bitsPerWeight: 8 };
    case "awq":
      return packed("safetensors", "AWQ", bits);
    case "gptq":
      return packed("safetensors", "GPTQ", bits);
    default:
      return packed("safetensors", method.toUpperCase(), bits);
  }
}

function packed(format: StoredFormat["format"], name: string, bits: number): StoredFormat {
  return {
    format,
    quantization: `${name}-${bits}bit`,
    packedType: `${name}${bits}`,
    bitsPerWeight: bits,
  };
}
