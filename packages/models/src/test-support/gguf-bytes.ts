import type { ModelEntry } from "@qwq-fit/schema";

import { tensorType } from "../ggml/tensor-types.ts";
import { layoutTensors } from "../layout/layout-tensors.ts";
import { entryMetadata } from "../write/entry-metadata.ts";
import { encodeHeader } from "../write/gguf-encoder.ts";

/** A whole GGUF file of zeros with this entry's layout, in memory: for small entries. */
export function ggufBytes(entry: ModelEntry, quantization: string): Uint8Array {
  const records = layoutTensors(entry, quantization).map((tensor) => ({
    ...tensor,
    typeId: tensorType(tensor.type).id,
  }));
  const header = encodeHeader(entryMetadata(entry, quantization), records);
  const whole = new Uint8Array(header.fileBytes);
  whole.set(header.bytes);
  return whole;
}
