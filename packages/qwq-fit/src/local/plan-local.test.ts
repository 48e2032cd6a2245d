import { modelFromEntry } from "@qwq-fit/models";
import { resolveHardware } from "@qwq-fit/planner";
import { GiB } from "@qwq-fit/schema";
import type { Catalog, HardwareProfile, ModelProfile } from "@qwq-fit/schema";
import { beforeAll, expect, test } from "vitest";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { findModel } from "../model/find-model.ts";
import { planLocal } from "./plan-local.ts";

let catalog: Catalog;
let hardware: HardwareProfile;
let model: ModelProfile;

beforeAll(async () => {
  catalog = await loadCatalog({});
  const resolved = resolveHardware("RTX 4090", catalog);
  if (resolved.kind !== "resolved") throw new Error(resolved.kind);
  hardware = { ...resolved.hardware, devices: [], engines: [] };
  const entry = findModel("qwq-32b", catalog.models);
  model = modelFromEntry(entry, { quantizations: ["Q4_K_M"] });
});

/** The machine with this much memory, all of it free. */
const withMemory = (bytes: number): HardwareProfile => ({
  ...hardware,
  memory: { ...hardware.memory, totalBytes: bytes, availableBytes: bytes, limitBytes: bytes },
});

test("the context that was asked for, or none", async () => {
  const large = await planLocal(
    model,
    { hardware: withMemory(64 * GiB), catalog },
    { context: 8192 },
  );
  expect(large).toMatchObject({ engine: "node-llama-cpp", contextTokens: 8192 });
  await expect(
    planLocal(model, { hardware: withMemory(8 * GiB), catalog }, { context: 8192 }),
  ).rejects.toMatchObject({
    code: "does_not_fit",
    details: { shortfall: { limit: "host_memory" } },
  });
});

test("where none was asked for, a smaller one before none at all", async () => {
  const roomy = await planLocal(model, { hardware: withMemory(64 * GiB), catalog }, {});
  expect(roomy.contextTokens).toBeGreaterThanOrEqual(16_384);
  const sizes = [24, 23.5, 23, 22.5, 22, 21.5, 21, 20.5, 20].map((size) => size * GiB);
  const contexts: (number | null)[] = [];
  for (const size of sizes) {
    // oxlint-disable-next-line no-await-in-loop
    const plan = await planLocal(model, { hardware: withMemory(size), catalog }, {}).catch(
      () => null,
    );
    contexts.push(plan?.contextTokens ?? null);
  }
  const known = contexts.filter((context) => context !== null);
  expect(known.some((context) => context < 16_384)).toBe(true);
  expect(known).toEqual(known.toSorted((a, b) => b - a));
});

test("settings given by hand stand in the plan, which says so", async () => {
  const wish = { context: 8192, threads: 3, mmap: false };
  const plan = await planLocal(model, { hardware: withMemory(64 * GiB), catalog }, wish);
  expect(plan).toMatchObject({ threads: 3, mmap: false });
  expect(plan.notes.join(" ")).toContain("by hand");
});
