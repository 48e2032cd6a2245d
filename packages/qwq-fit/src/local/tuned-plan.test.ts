import { modelFromEntry } from "@qwq-fit/models";
import { resolveHardware } from "@qwq-fit/planner";
import { DEFAULT_WORKLOAD, GiB } from "@qwq-fit/schema";
import type { Catalog, FitPlan, HardwareProfile, LocalMeasurement } from "@qwq-fit/schema";
import { beforeAll, expect, test } from "vitest";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { findModel } from "../model/find-model.ts";
import { measurementOf } from "../rehearse/measurement.case.ts";
import { planLocal } from "./plan-local.ts";
import { tunedPlan } from "./tuned-plan.ts";

let catalog: Catalog;
let hardware: HardwareProfile;
let plan: FitPlan;
const model = (): ReturnType<typeof modelFromEntry> =>
  modelFromEntry(findModel("qwq-32b", catalog.models), { quantizations: ["Q4_K_M"] });

beforeAll(async () => {
  catalog = await loadCatalog({});
  const resolved = resolveHardware("RTX 4090", catalog);
  if (resolved.kind !== "resolved") throw new Error(resolved.kind);
  const bytes = 64 * GiB;
  hardware = {
    ...resolved.hardware,
    devices: [],
    engines: [],
    memory: {
      ...resolved.hardware.memory,
      totalBytes: bytes,
      availableBytes: bytes,
      limitBytes: bytes,
    },
  };
  plan = await planLocal(model(), { hardware, catalog }, {});
});

const row = (
  settings: Partial<LocalMeasurement["settings"]>,
  decodeMsPerToken: number,
): LocalMeasurement => ({ ...measurementOf(plan, "this", settings), decodeMsPerToken });

test("nothing measured: the plan stays", () => {
  expect(tunedPlan(plan, [], DEFAULT_WORKLOAD)).toBe(plan);
});

test("the fastest settings that were measured are taken, with their speed", () => {
  const measured = [row({ threads: 3 }, 500), row({ threads: 1 }, 200), row({}, 300)];
  const tuned = tunedPlan(plan, measured, DEFAULT_WORKLOAD);
  expect(tuned.threads).toBe(1);
  expect(tuned.decodeTokensPerSecond).toMatchObject({ expected: 5, method: "rehearsed" });
  expect(tuned.memory).toBe(plan.memory);
});

test("where its own settings were the fastest the plan stays", () => {
  expect(tunedPlan(plan, [row({ threads: 1 }, 200), row({}, 100)], DEFAULT_WORKLOAD)).toBe(plan);
});

test.for([
  ["a larger batch", { batchTokens: 4096 }],
  ["flash attention off", { flashAttention: false }],
  ["another cache type", { kvCacheType: "q4_0" }],
  ["more sequences", { sequences: 9 }],
] as const)("%s asks for other memory than was planned: left out", ([, settings]) => {
  expect(plan.flashAttention).toBe(true);
  expect(tunedPlan(plan, [row({ threads: 1, ...settings }, 1)], DEFAULT_WORKLOAD)).toBe(plan);
});

test("a plan for this machine takes them; threads by hand stand above", async () => {
  const measurements = [row({ threads: 1 }, 200)];
  const machine = { hardware, catalog, measurements };
  expect((await planLocal(model(), machine, {})).threads).toBe(1);
  expect((await planLocal(model(), machine, { threads: 2 })).threads).toBe(2);
});
