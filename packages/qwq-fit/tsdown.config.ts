import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { defineConfig } from "tsdown";
import { buildInfra } from "./build-infra.ts";
import { compileCatalog } from "./src/catalog/compile-catalog.ts";

/** Programs of processes that the engine package starts: it looks for them beside the bundle. */
const engine = join(import.meta.dirname, "..", "engine", "src");

export default defineConfig({
  entry: {
    main: "src/main.ts",
    index: "src/index.ts",
    local: "src/local.ts",
    "engine-child": join(engine, "child", "engine-child.ts"),
    "guard-child": join(engine, "adapters", "guard-child.ts"),
  },
  platform: "node",
  target: "node20.19",
  fixedExtension: true,
  dts: true,
  minify: true,
  logLevel: "warn",
  deps: {
    alwaysBundle: [/^(?!node:)(?!node-llama-cpp)(?!@aws-sdk\/client-cloudformation)/u],
    neverBundle: ["node-llama-cpp", "@aws-sdk/client-cloudformation"],
    onlyBundle: false,
  },
  hooks: {
    "build:done": ({ options }) => {
      const profiles = join(import.meta.dirname, "..", "..", "profiles");
      const write = (name: string, value: unknown): void =>
        writeFileSync(join(options.outDir, name), JSON.stringify(value));
      const catalog = Buffer.from(JSON.stringify(compileCatalog(profiles)));
      writeFileSync(join(options.outDir, "catalog.json.br"), brotliCompressSync(catalog));
      const fitted = join(profiles, "measurements", "fit", "coefficients.json");
      write("speed-coefficients.json", JSON.parse(readFileSync(fitted, "utf8")));
      buildInfra(options.outDir);
    },
  },
});
