import { writeFile } from "node:fs/promises";

/** GGUF's numbers of value types (ggml/include/gguf.h, enum gguf_type), and ggml's of F32. */
const [FLOAT32, STRING, F32] = [6, 8, 0];
const ALIGNMENT = 32;

/** One tensor of an adapter: rows of `shape[0]` numbers. */
interface LoraTensor {
  readonly name: string;
  readonly shape: readonly [number, number];
  readonly values: Float32Array;
}

/**
 * Writes a LoRA adapter of rank 1 for a scripted model: behind the token `after`, `says` becomes likelier by `by` times the
 * hidden state than what the script has there.
 */
export function writeScriptedLora(
  path: string,
  model: { readonly width: number; readonly vocabulary: number },
  change: { readonly after: number; readonly says: number; readonly by: number },
): Promise<void> {
  const down = new Float32Array(model.width);
  down[change.after] = 1;
  const up = new Float32Array(model.vocabulary);
  up[change.says] = change.by;
  return writeFile(
    path,
    encode([
      { name: "output.weight.lora_a", shape: [model.width, 1], values: down },
      { name: "output.weight.lora_b", shape: [1, model.vocabulary], values: up },
    ]),
  );
}

function encode(tensors: readonly LoraTensor[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const add = (bytes: number, write: (view: DataView) => void): void => {
    const part = new Uint8Array(bytes);
    write(new DataView(part.buffer));
    parts.push(part);
  };
  const u32 = (value: number): void => add(4, (view) => view.setUint32(0, value, true));
  const u64 = (value: number): void => add(8, (view) => view.setBigUint64(0, BigInt(value), true));
  const text = (value: string): void => {
    const bytes = new TextEncoder().encode(value);
    u64(bytes.length);
    parts.push(bytes);
  };
  const texts = [
    ["general.type", "adapter"],
    ["general.architecture", "qwen2"],
    ["adapter.type", "lora"],
  ] as const;
  parts.push(new TextEncoder().encode("GGUF"));
  u32(3);
  u64(tensors.length);
  u64(texts.length + 1);
  for (const [key, value] of texts) {
    text(key);
    u32(STRING);
    text(value);
  }
  text("adapter.lora.alpha");
  u32(FLOAT32);
  add(4, (view) => view.setFloat32(0, 1, true));
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    text(name);
    u32(shape.length);
    for (const side of shape) u64(side);
    u32(F32);
    u64(offset);
    offset += padded(values.byteLength);
  }
  const head = parts.reduce((sum, part) => sum + part.length, 0);
  parts.push(new Uint8Array(padded(head) - head));
  for (const { values } of tensors) {
    const data = new Uint8Array(padded(values.byteLength));
    data.set(new Uint8Array(values.buffer));
    parts.push(data);
  }
  return Buffer.concat(parts);
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
