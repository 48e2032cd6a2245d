import type { Backend } from "@qwq-fit/schema";

import type { AllocationStyle } from "./allocation-size.ts";

/** How one GPU backend of llama.cpp allocates. */
export interface DeviceRules {
  /** Id of the device in the hardware profile. */
  readonly id: string;
  readonly backend: Backend;
  /** Memory free on it, for the split of layers over several devices; null where it is not known. */
  readonly freeBytes: number | null;
  /** Alignment of tensors in its buffers. */
  readonly alignmentBytes: number;
  /** Largest single buffer; a bigger need is split over several. */
  readonly maxBufferBytes: number;
  /** Largest tensor that its kernels take; an operation with a bigger one runs on the CPU. */
  readonly maxTensorBytes: number;
  /** Pinned host memory that it offers, or null. */
  readonly pinnedHost: { readonly alignmentBytes: number; readonly extraBytes: number } | null;
  /** It maps the weights file itself instead of copying (Metal). */
  readonly mapsFile: boolean;
  /** Takes over operations on host weights from this many tokens on; null: never. */
  readonly offloadTokens: number | null;
  /** Room that it takes beyond a tensor's own bytes. */
  readonly allocation: AllocationStyle;
  /** Can run ahead with several copies of the inputs. */
  readonly pipelines: boolean;
  /** Whether it reorders nodes before they are allocated, and by which version's rules. */
  readonly order: "as-built" | "vulkan-v0.4.0" | "vulkan-v0.5.0";
}
