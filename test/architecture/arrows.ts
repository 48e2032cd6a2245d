const everyPackage = [
  "schema",
  "wire",
  "models",
  "planner",
  "routing",
  "relay",
  "profiler",
  "engine",
  "sagemaker",
  "router",
  "client",
  "simulation",
  "tunnel",
] as const;

/** Who may import whom: the drawing in ARCHITECTURE.md. A folder that is not listed may not exist. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  "packages/schema": [],
  "packages/wire": [],
  "packages/models": ["schema"],
  "packages/planner": ["schema"],
  "packages/routing": ["schema"],
  "packages/relay": ["schema", "wire"],
  "packages/profiler": ["schema"],
  "packages/engine": ["schema", "wire", "models"],
  "packages/sagemaker": ["schema", "wire"],
  "packages/router": ["schema", "wire", "routing", "relay", "tunnel", "sagemaker"],
  "packages/client": ["schema", "wire", "routing", "relay"],
  "packages/simulation": ["schema", "routing"],
  "packages/tunnel": ["schema"],
  "packages/qwq-fit": everyPackage,
  "workers/router": ["router", "schema"],
  infra: ["schema", "planner"],
};

/** Packages that run in Workers and browsers too: nothing of Node in them. */
export const NEUTRAL: readonly string[] = [
  "packages/schema",
  "packages/wire",
  "packages/planner",
  "packages/routing",
  "packages/relay",
  "packages/client",
  "packages/simulation",
  "packages/router",
  "packages/models",
  "packages/sagemaker",
  "packages/tunnel",
];

/** Packages whose answers depend on their arguments alone. */
export const PURE: readonly string[] = ["packages/planner", "packages/routing", "packages/schema"];

/** Every module specifier in a source text: imports, exports, dynamic imports, types, `require`. */
export function specifiersOf(source: string): string[] {
  const pattern =
    /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*|\bimport\.meta\.resolve\(\s*)(["'`])([^"'`\n]+)\1/gu;
  return [...source.matchAll(pattern)].map((match) => match[2] ?? "");
}
