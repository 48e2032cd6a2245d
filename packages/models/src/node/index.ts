export { openFile, readModelFile } from "./open-file.ts";
export type { FileSource } from "./open-file.ts";
export { writeSparseGguf } from "./write-sparse.ts";
export type { SparseFile, SparseOptions } from "./write-sparse.ts";
export { writeScriptedGguf } from "./write-scripted.ts";
export type { ScriptedModel } from "./write-scripted.ts";
export type { ScriptedOptions } from "../write/scripted-plan.ts";
export { fileCache, nodePorts } from "./node-ports.ts";
