import type { EngineName, StartCommand } from "@qwq-fit/schema";

import type { Candidate } from "../fit/candidate.ts";
import type { Problem } from "../fit/problem.ts";
import { llamaServerCommand } from "./start-llama-server.ts";
import { serverCommands } from "./start-server.ts";
import { nodeLlamaCppCommand } from "./start-node-llama-cpp.ts";

type Render = (problem: Problem, candidate: Candidate) => StartCommand;

const renderers: Readonly<Partial<Record<EngineName, Render>>> = {
  "node-llama-cpp": nodeLlamaCppCommand,
  "llama-server": llamaServerCommand,
  ...serverCommands,
};

/** The command that starts a plan, exactly as its engine takes it; null where the engine has none. */
export function startCommand(problem: Problem, candidate: Candidate): StartCommand | null {
  return renderers[candidate.row.engine]?.(problem, candidate) ?? null;
}
