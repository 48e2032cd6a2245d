export { bytesSource } from "./gguf/byte-source.ts";
export type { ByteSource } from "./gguf/byte-source.ts";
export { DEFAULT_GGUF_LIMITS } from "./gguf/gguf-header.ts";
export type {
  GgufArray,
  GgufHeader,
  GgufLimits,
  GgufScalar,
  GgufTensor,
  GgufValue,
} from "./gguf/gguf-header.ts";
export { readGgufHeader } from "./gguf/read-header.ts";
export { QUANTIZATIONS } from "./ggml/file-types.ts";
export { layoutTensors } from "./layout/layout-tensors.ts";
export type { LayoutOptions } from "./layout/layout-tensors.ts";
export { COMMON_QUANTIZATIONS, modelFromEntry } from "./profile/from-entry.ts";
export type { EntryOptions } from "./profile/from-entry.ts";
export { modelFromGguf } from "./profile/from-gguf.ts";
export { splitSiblings } from "./profile/split-files.ts";
export { cutEntry } from "./layout/cut-entry.ts";
export type { CutBlocks } from "./layout/cut-entry.ts";
export { kvBytesPerToken, stateBytesPerSequence } from "./profile/cache-size.ts";
export { locateModel } from "./remote/locate-model.ts";
export type { LocatedFile, LocatedModel } from "./remote/locate-model.ts";
export { readModel } from "./remote/read-model.ts";
export { parseReference } from "./remote/reference.ts";
export type { HubName, ModelReference } from "./remote/reference.ts";
export type { ByteCache, ModelEnvironment, ModelPorts } from "./remote/ports.ts";
