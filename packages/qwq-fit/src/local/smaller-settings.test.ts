import { settingsFromPlan, stepDown } from "@qwq-fit/engine";
import type { EngineSettings } from "@qwq-fit/engine";
import { modelFromEntry } from "@qwq-fit/models";
import { estimateMemory, resolveHardware } from "@qwq-fit/planner";
import { GiB } from "@qwq-fit/schema";
import type { Catalog, FitPlan, HardwareProfile, ModelProfile } from "@qwq-fit/schema";
import { beforeAll, expect, test } from "vitest";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { findModel } from "../model/find-model.ts";
import { planLocal } from "./plan-local.ts";
import { smallerSettings } from "./smaller-settings.ts";

let catalog: Catalog;
let machine: HardwareProfile;
let profile: ModelProfile;
let plan: FitPlan;
let planned: EngineSettings;

beforeAll(async () => {
  catalog = await loadCatalog({});
  const resolved = resolveHardware("RTX 4090", catalog);
  if (resolved.kind !== "resolved") throw new Error(resolved.kind);
  machine = { ...resolved.hardware, engines: [] };
  profile = modelFromEntry(findModel("qwq-32b", catalog.models), { quantizations: ["Q4_K_M"] });
  plan = await planLocal(
    profile,
    { hardware: onCpu(64), catalog },
    {
      context: 32_768,
      kvCacheType: "f16",
    },
  );
  planned = settingsFromPlan(plan);
});

const onCpu = (gib: number): HardwareProfile => ({
  ...machine,
  devices: [],
  memory: { ...machine.memory, totalBytes: 64 * GiB, availableBytes: gib * GiB },
});
const smaller = (hardware: HardwareProfile, failed = planned): EngineSettings | null => {
  const [variant] = profile.weights;
  if (variant === undefined) throw new Error("no weights");
  return smallerSettings(failed, { profile, variant }, plan, hardware);
};
const bytesOf = (settings: EngineSettings, hardware: HardwareProfile): number => {
  const [variant] = profile.weights;
  if (variant === undefined) throw new Error("no weights");
  const { engineVersion } = plan;
  const told = { ...settings, engine: "node-llama-cpp" as const, engineVersion };
  return estimateMemory(profile, variant, told, hardware).totalBytes;
};

test("with room, one step down", () => {
  expect(smaller(onCpu(64))).toEqual(stepDown(planned));
});

test("the first step that fits what is free now: context before the cache's type", () => {
  const hardware = onCpu(21);
  const chosen = smaller(hardware);
  if (chosen === null) throw new Error("nothing smaller");
  expect(bytesOf(chosen, hardware)).toBeLessThanOrEqual(21 * GiB);
  expect(chosen.contextTokens).toBeLessThan(planned.contextTokens / 2);
  expect(chosen.kvCacheType).toBe(planned.kvCacheType);
  // The step above it would not have fitted.
  const above = { ...chosen, contextTokens: chosen.contextTokens * 2 };
  expect(bytesOf(above, hardware)).toBeGreaterThan(21 * GiB);
});

test("layers leave the GPU first, until its free memory holds the rest", () => {
  const [device] = machine.devices;
  if (device === undefined) throw new Error("no device");
  const hardware = { ...onCpu(60), devices: [{ ...device, freeBytes: 6 * GiB }] };
  const backend = "cuda";
  const chosen = smaller(hardware, { ...planned, backend, offloadedLayers: 65, mmap: false });
  expect(chosen).toMatchObject({ backend, contextTokens: planned.contextTokens });
  expect(chosen?.offloadedLayers).toBeLessThan(32);
  expect(chosen?.offloadedLayers).toBeGreaterThan(0);
});

test("nothing fits: the smallest is the last thing to try, and after it nothing", () => {
  const last = smaller(onCpu(1));
  expect(last).toMatchObject({ contextTokens: 2048, kvCacheType: "q4_0" });
  expect(last === null ? null : smaller(onCpu(1), last)).toBeNull();
});
