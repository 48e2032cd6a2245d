import type { EngineName } from "@qwq-fit/schema";

import type { EngineCapabilities } from "./capabilities.ts";
import { llamaServer, nodeLlamaCpp } from "./llama-rows.ts";
import { birensupa, mindie, mlx, sglang, sophon, vllm, vllmAscend } from "./server-rows.ts";

/** All rows, the engine that needs no installation first. */
const rows: readonly EngineCapabilities[] = [
  nodeLlamaCpp,
  llamaServer,
  mlx,
  vllm,
  sglang,
  vllmAscend,
  mindie,
  sophon,
  birensupa,
];

/**
 * The capability rows to plan with, one an engine: that of the installed version, where `versions` names
 * one. A version that no row knows takes the newest row of its engine, marked `known: false`.
 */
export function engineRows(
  engines: readonly EngineName[] | undefined,
  versions: Readonly<Partial<Record<EngineName, string>>>,
): readonly EngineCapabilities[] {
  const chosen: EngineCapabilities[] = [];
  for (const row of rows) {
    if (engines?.includes(row.engine) === false) continue;
    if (chosen.some(({ engine }) => engine === row.engine)) continue;
    const version = versions[row.engine];
    const exact = rows.find((other) => other.engine === row.engine && other.version === version);
    if (version === undefined || exact !== undefined) chosen.push(exact ?? row);
    else chosen.push({ ...row, version, known: false });
  }
  return chosen;
}
