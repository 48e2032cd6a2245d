import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "tsdown";
import { compileCatalog } from "./src/catalog/compile-catalog.ts";

export default defineConfig({
  entry: { main: "src/main.ts", index: "src/index.ts" },
  platform: "node",
  target: "node20.19",
  fixedExtension: true,
  dts: true,
  minify: true,
  logLevel: "warn",
  deps: {
    alwaysBundle: [/^(?!node:)(?!node-llama-cpp)/u],
    neverBundle: ["node-llama-cpp"],
    onlyBundle: false,
  },
  hooks: {
    "build:done": ({ options }) => {
      const catalog = compileCatalog(join(import.meta.dirname, "..", "..", "profiles"));
      writeFileSync(join(options.outDir, "catalog.json"), JSON.stringify(catalog));
    },
  },
});
