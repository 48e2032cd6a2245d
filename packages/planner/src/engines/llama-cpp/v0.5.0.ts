import type { VersionRules } from "./versions.ts";

/** llama.cpp v0.5.0, in node-llama-cpp 3.22.1. */
export const v0_5_0: VersionRules = {
  version: "v0.5.0",
  nodeLlamaCpp: ["3.22.1"],
  vulkanOrder: "vulkan-v0.5.0",
  unitLength: "scaled-rms-norm",
};
