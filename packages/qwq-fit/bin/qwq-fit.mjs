#!/usr/bin/env node
import module from "node:module";

// Node >= 22.8 keeps compiled code between runs: a third of the start is compiling
module.enableCompileCache?.();
const { run } = await import("../dist/main.mjs");
process.exitCode = await run(process.argv.slice(2));
