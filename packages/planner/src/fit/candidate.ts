import type { DeviceMemory, KvCacheType, Placement, WeightsVariant } from "@qwq-fit/schema";

import type { BackendSupport, EngineCapabilities } from "../engines/capabilities.ts";

/** By how much a way to run overruns the tightest memory. */
export interface Overrun {
  /** A device id, or "host". */
  readonly device: string;
  readonly neededBytes: number;
  readonly budgetBytes: number;
  /** Summed over all memories that are too small. */
  readonly missingBytes: number;
}

/** Every setting of one way to run a model, before it is known whether it fits. */
export interface Settings {
  readonly kvCacheType: KvCacheType;
  /** Context of one sequence. */
  readonly contextTokens: number;
  readonly sequences: number;
  readonly offloadedLayers: number;
  readonly expertsOnCpu: boolean;
  readonly tensorParallel: number;
  readonly threads: number;
  readonly batchTokens: number;
  readonly mmap: boolean;
  readonly repack: boolean;
  readonly flashAttention: boolean;
}

/** One way to run a model, with its memory. */
export interface Candidate extends Settings {
  readonly row: EngineCapabilities;
  readonly support: BackendSupport;
  readonly variant: WeightsVariant;
  /** Ids of the devices that take part; empty for the CPU alone. */
  readonly devices: readonly string[];
  readonly hosts: number;
  readonly placement: readonly Placement[];
  readonly memory: readonly DeviceMemory[];
  /** True where the memory is only known to within a few percent. */
  readonly rough?: boolean;
  /** Null where it fits. */
  readonly overrun: Overrun | null;
}
