import type { SourcedNumber } from "./estimate.ts";
import type { Backend } from "./hardware-profile.ts";
import type { SamplingDefaults } from "./model-profile.ts";

/** A device or a whole machine, one file in profiles/hardware. */
export interface HardwareEntry {
  /** The file's name: "nvidia-rtx-4090". */
  readonly id: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly vendor: string;
  readonly kind: "gpu" | "npu" | "soc" | "cpu" | "machine" | "instance";
  readonly backends: readonly Backend[];
  /** Sizes in which it is sold, in bytes. */
  readonly memoryBytes: readonly number[];
  readonly unified: boolean;
  readonly bandwidthBytesPerSecond: SourcedNumber | null;
  /** Bandwidth that depends on the memory size or the core count, where it does. */
  readonly bandwidthByMemory: readonly {
    readonly memoryBytes: number;
    readonly bandwidthBytesPerSecond: SourcedNumber;
  }[];
  /** Dense, with tensor or matrix units. */
  readonly tensorFp16Flops: SourcedNumber | null;
  /** Without them. */
  readonly shaderFp16Flops: SourcedNumber | null;
  readonly int8Ops: SourcedNumber | null;
  readonly loadWatts: SourcedNumber | null;
  readonly priceUsd: SourcedNumber | null;
  readonly priceCny: SourcedNumber | null;
  readonly year: number | null;
  /** For machines and instances: the devices inside, by id. */
  readonly devices: readonly { readonly id: string; readonly count: number }[];
  /** Cores, for SoCs and CPUs. */
  readonly cores: {
    readonly performance: number;
    readonly efficiency: number;
    readonly gpu: number | null;
  } | null;
  /** Device memory that shows as several devices on one card: 2 for the Atlas 300I Duo. */
  readonly chipsPerCard: number;
  /** Chip family for the speed model: "ada", "apple-m4", "ascend-310p". */
  readonly family: string;
  readonly notes: readonly string[];
}

/** A model's shape, one file in profiles/models; `packages/models` makes a ModelProfile of it. */
export interface ModelEntry {
  readonly id: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly family: string;
  readonly architecture: string;
  readonly kind: "dense" | "moe" | "hybrid" | "hybrid-moe";
  /** GGUF hyperparameters with the architecture's prefix cut: "block_count", "attention.head_count_kv", … */
  readonly hyperparameters: Readonly<Record<string, number | boolean | string | readonly number[]>>;
  readonly vocabularySize: number;
  readonly tiedEmbeddings: boolean;
  readonly qkvBias: boolean;
  readonly qkNorm: boolean;
  readonly parameters: number;
  readonly activeParameters: number;
  readonly contextTokens: number;
  readonly extendedContextTokens: number | null;
  readonly thinks: "always" | "switchable" | "never";
  readonly sampling: SamplingDefaults;
  readonly license: string | null;
  readonly released: string | null;
  readonly repositories: {
    readonly original: string | null;
    /** Repositories with GGUF files, best first. */
    readonly gguf: readonly string[];
    readonly modelScope: string | null;
  };
  /** Known other formats with their sizes. */
  readonly otherWeights: readonly {
    readonly format: "safetensors" | "mlx";
    readonly quantization: string;
    readonly bytes: number;
    readonly source: string;
  }[];
  readonly published: readonly {
    readonly quantization: string;
    readonly bytes: number;
    readonly source: string;
  }[];
  /** Scores of the full model as its makers or others published them, as context: "AIME24", 79.5 of 100. */
  readonly benchmarks?:
    | readonly {
        readonly name: string;
        readonly score: number;
        readonly source: string;
        readonly unverified?: boolean | undefined;
      }[]
    | undefined;
  readonly sources: readonly string[];
  readonly unverified: boolean;
  readonly notes: readonly string[];
}

/** A price of tokens, one row of profiles/prices. */
export interface TokenPrice {
  readonly provider: string;
  readonly model: string;
  readonly inputUsdPerMillionTokens: number;
  readonly outputUsdPerMillionTokens: number;
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  readonly source: string;
  readonly date: string | null;
  readonly unverified: boolean;
}

/** A rented machine's price. */
export interface InstancePrice {
  readonly instance: string;
  readonly usdPerHour: number;
  readonly accelerator: string;
  readonly acceleratorCount: number;
  readonly acceleratorMemoryBytes: number;
  readonly source: string;
  readonly unverified: boolean;
}

/** Everything that profiles/ holds, as one value. */
export interface Catalog {
  readonly schemaVersion: 1;
  readonly models: readonly ModelEntry[];
  readonly hardware: readonly HardwareEntry[];
  readonly tokenPrices: readonly TokenPrice[];
  readonly instancePrices: readonly InstancePrice[];
  readonly electricityUsdPerKwh: SourcedNumber;
}
