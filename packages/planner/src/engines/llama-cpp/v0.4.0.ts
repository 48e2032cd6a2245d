import type { VersionRules } from "./versions.ts";

/** llama.cpp v0.4.0, in node-llama-cpp 3.21.1. */
export const v0_4_0: VersionRules = {
  version: "v0.4.0",
  nodeLlamaCpp: ["3.21.1"],
  vulkanOrder: "vulkan-v0.4.0",
  unitLength: "l2-norm",
};
