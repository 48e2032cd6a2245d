import type { ByteSource } from "../gguf/byte-source.ts";

/** A place where bytes are kept between runs. Keys are any text; a `get` that finds nothing gives null. */
export interface ByteCache {
  get(key: string): Promise<Uint8Array | null>;
  put(key: string, bytes: Uint8Array): Promise<void>;
}

/** All that reading a model from afar needs of the world. */
export interface ModelPorts {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly cache: ByteCache;
  readonly environment: ModelEnvironment;
  /** Opens a file of this machine; where it is left out, paths are refused. */
  readonly openFile?: (path: string) => Promise<ByteSource & { close(): Promise<void> }>;
}

/** The variables of the environment that are honoured, by their usual names. */
export interface ModelEnvironment {
  /** Another address of Hugging Face, such as a mirror. Default https://huggingface.co. */
  readonly HF_ENDPOINT?: string | undefined;
  /** Sent to that address alone. */
  readonly HF_TOKEN?: string | undefined;
  /** Where set, nothing is asked of the network. */
  readonly HF_HUB_OFFLINE?: string | undefined;
  /** Default https://modelscope.cn. */
  readonly MODELSCOPE_ENDPOINT?: string | undefined;
  readonly MODELSCOPE_API_TOKEN?: string | undefined;
}
