import { createRequire } from "node:module";
import { dirname } from "node:path";
import { loadBinding } from "../child/binding.ts";
import type { LoadedBinding } from "../child/binding.ts";

/** The folder of the node-llama-cpp that this repository develops with. */
export function developmentBinding(): string {
  return dirname(dirname(createRequire(import.meta.url).resolve("node-llama-cpp")));
}

/** The native binding in this process: only for what cannot crash it. */
export function loadDevelopmentBinding(): Promise<LoadedBinding> {
  return loadBinding(developmentBinding(), false, () => {});
}
