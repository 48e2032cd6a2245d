import { QwqError } from "@qwq-fit/schema";
import type { Backend } from "@qwq-fit/schema";

/** A machine as package names know it. */
export interface InstallPlatform {
  /** `process.platform`. */
  readonly platform: string;
  /** `process.arch`. */
  readonly arch: string;
}

/** What is to be installed for a plan. */
export interface EnginePackages {
  readonly version: string;
  /** Native packages; the first is the backend's own, the CPU's comes with it, to step down to. */
  readonly natives: readonly string[];
}

/** The newest version whose native packages are published for the platform; both are known to the planner's rules. */
const VERSIONS: Readonly<Record<string, string>> = {
  linux: "3.22.1",
  darwin: "3.21.1",
  win32: "3.21.1",
};

/** Native packages by platform and architecture (node-llama-cpp 3.22.1 package.json, optionalDependencies). */
const NATIVES: Readonly<Record<string, Partial<Record<Backend, readonly string[]>>>> = {
  "linux x64": {
    cpu: ["linux-x64"],
    vulkan: ["linux-x64-vulkan", "linux-x64"],
    cuda: ["linux-x64-cuda", "linux-x64-cuda-ext", "linux-x64"],
  },
  "linux arm64": { cpu: ["linux-arm64"] },
  "linux arm": { cpu: ["linux-armv7l"] },
  "linux riscv64": { cpu: ["linux-riscv64"] },
  "darwin arm64": { metal: ["mac-arm64-metal"], cpu: ["mac-arm64-metal"] },
  "darwin x64": { cpu: ["mac-x64"] },
  "win32 x64": {
    cpu: ["win-x64"],
    vulkan: ["win-x64-vulkan", "win-x64"],
    cuda: ["win-x64-cuda", "win-x64-cuda-ext", "win-x64"],
  },
  "win32 arm64": { cpu: ["win-arm64"] },
};

/** The packages that run a backend on a platform. @throws QwqError `unsupported_combination` where there are none. */
export function enginePackages(
  { platform, arch }: InstallPlatform,
  backend: Backend,
  version: string | null = null,
): EnginePackages {
  const natives = NATIVES[`${platform} ${arch}`]?.[backend];
  const newest = version ?? VERSIONS[platform];
  if (natives === undefined || newest === undefined) {
    throw new QwqError(
      "unsupported_combination",
      `node-llama-cpp has no ready-made binary for ${backend} on ${platform} ${arch}.`,
      { hint: "Install llama.cpp's llama-server; qwq-fit uses it where it finds it." },
    );
  }
  return { version: newest, natives: natives.map((name) => `@node-llama-cpp/${name}`) };
}

/** The folder of an installation, below the cache's `engines`. */
export function engineFolderName({ version, natives }: EnginePackages): string {
  return [version, ...natives.map((name) => name.slice(name.indexOf("/") + 1))].join("+");
}
