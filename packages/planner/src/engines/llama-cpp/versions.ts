import type { DeviceRules } from "./device-rules.ts";
import { v0_4_0 } from "./v0.4.0.ts";
import { v0_5_0 } from "./v0.5.0.ts";

/** What differs between versions of llama.cpp; everything else is shared. */
export interface VersionRules {
  /** llama.cpp's release. */
  readonly version: string;
  /** Versions of node-llama-cpp whose binaries hold it. */
  readonly nodeLlamaCpp: readonly string[];
  /** The Vulkan backend's order of nodes (ggml-vulkan.cpp, ggml_vk_graph_optimize). */
  readonly vulkanOrder: DeviceRules["order"];
  /** How linear attention makes queries and keys of length one (src/models/qwen35.cpp, build_layer_attn_linear). */
  readonly unitLength: "l2-norm" | "scaled-rms-norm";
}

const VERSIONS: readonly VersionRules[] = [v0_5_0, v0_4_0];

/** Rules of an engine's version, "v0.5.0" or "3.22.1"; the newest for one that is not known. */
export function versionRules(version: string): VersionRules {
  return findVersion(version) ?? v0_5_0;
}

function findVersion(version: string): VersionRules | undefined {
  return VERSIONS.find(
    (rules) => rules.version === version || rules.nodeLlamaCpp.includes(version),
  );
}
