import { join } from "node:path";
import { modelFromEntry } from "@qwq-fit/models";
import {
  DEFAULT_WORKLOAD,
  type FitAnswer,
  GiB,
  type ModelEntry,
  type ModelProfile,
} from "@qwq-fit/schema";
import { expect, test } from "vitest";
import { compileCatalog } from "../../packages/qwq-fit/src/catalog/compile-catalog.ts";
import { planWithin } from "../../packages/planner/src/fit/plan-fit.ts";
import { Workspace } from "../../packages/planner/src/fit/workspace.ts";
import { root } from "../support/repository.ts";
import { catalogMachines, type NamedMachine } from "./catalog-machines.ts";

// one file, so that the table shows where it stands and what it takes, not which file is chosen
const options = {
  quantizations: ["Q4_K_M"],
  kvCacheTypes: ["f16"],
  onlyAskedContext: true,
} as const;

/** "n·f·65" is our own server, f16 KV, 65 layers on devices; "-12" lacks 12 GiB. */
function cell({ choice, shortfall }: FitAnswer, model: ModelProfile): string {
  if (choice === null) {
    const missing = (shortfall?.missingBytes ?? 0) / GiB;
    return missing === 0 ? (shortfall?.limit ?? "?") : `-${missing.toFixed(missing < 1 ? 1 : 0)}`;
  }
  const engine = choice.engine === "node-llama-cpp" ? "n" : choice.engine.slice(0, 2);
  const all = choice.offloadedLayers > model.blocks.length;
  const layers = all ? "all" : choice.offloadedLayers === 0 ? "cpu" : `${choice.offloadedLayers}`;
  const experts = choice.expertsOnCpu ? "e" : "";
  const several = choice.hosts.length > 1 ? `x${choice.hosts.length}` : "";
  return `${engine}${choice.kvCacheType === "f16" ? "" : "q"}:${layers}${experts}${several}`;
}

/** What breaks the rules of every plan, in words; empty where nothing does. */
function faults(answer: FitAnswer, machine: NamedMachine): readonly string[] {
  const found: string[] = [];
  for (const { id, memory, threads } of answer.plans) {
    const over = memory.devices.some((row) => row.totalBytes > row.budgetBytes);
    if (over) found.push(`${machine.label}: ${id} is above a budget`);
    if (threads > machine.hardware.cpu.physicalCores) found.push(`${machine.label}: ${id} threads`);
  }
  if ((answer.shortfall === null) !== answer.fits) found.push(`${machine.label}: no reason`);
  return found;
}

const column = (entry: ModelEntry): string => entry.id.replace(/^.*\//, "");

/** Half a minute of computing; the rest is for machines that do other things as well. */
const timeoutMs = 300_000;

test("every machine of the catalogue with every model", { timeout: timeoutMs }, async () => {
  const catalog = compileCatalog(join(root, "profiles"));
  const { machines, unresolved } = catalogMachines(catalog);
  expect(unresolved).toEqual([]);
  const rows = machines.map((machine) => ({ machine, cells: [] as string[] }));
  const broken: string[] = [];
  for (const entry of catalog.models) {
    const model = modelFromEntry(entry, { quantizations: options.quantizations });
    const workspace = new Workspace();
    for (const [index, { machine, cells }] of rows.entries()) {
      const answer = planWithin(
        workspace,
        model,
        machine.hardware,
        DEFAULT_WORKLOAD,
        options,
        // what would help is worked out for some: it costs more than all else
        index % 24 === 0 ? "full" : "verdict",
      );
      broken.push(...faults(answer, machine));
      cells.push(cell(answer, model));
    }
  }
  expect(broken).toEqual([]);
  const groups = new Map<string, string[]>();
  for (const { machine, cells } of rows) {
    const key = cells.join(" ");
    groups.set(key, [...(groups.get(key) ?? []), machine.label]);
  }
  const table = [
    "Q4_K_M, context 16384. Machines that plan alike stand together; cells in the order of the models.",
    `models: ${catalog.models.map(column).join(" ")}`,
    ...[...groups].flatMap(([cells, labels]) => ["", labels.join(", "), `  ${cells}`]),
    "",
  ].join("\n");
  await expect(table).toMatchFileSnapshot("machines.txt");
});
