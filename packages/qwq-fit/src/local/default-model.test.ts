import { resolveHardware } from "@qwq-fit/planner";
import { GiB } from "@qwq-fit/schema";
import { expect, test } from "vitest";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { DEFAULT_MODEL } from "../model/find-model.ts";
import type { Machine } from "./bring-model.ts";
import { defaultModel } from "./default-model.ts";

/** The machine with this much memory and no device; and what the command tells of its choice. */
async function choose(bytes: number): Promise<readonly [model: string, told: string[]]> {
  const catalog = await loadCatalog({});
  const resolved = resolveHardware("RTX 4090", catalog);
  if (resolved.kind !== "resolved") throw new Error(resolved.kind);
  const { hardware } = resolved;
  const memory = {
    ...hardware.memory,
    totalBytes: bytes,
    availableBytes: bytes,
    limitBytes: bytes,
  };
  const machine: Machine = {
    catalog,
    hardware: { ...hardware, devices: [], engines: [], memory },
    measurements: [],
  };
  const told: string[] = [];
  const teller = {
    event: (name: string) => void told.push(name),
    progress: () => {},
    clear: () => {},
  };
  return [await defaultModel(machine, {}, teller), told];
}

test("QwQ-32B where it fits", async () => {
  expect(await choose(64 * GiB)).toEqual([DEFAULT_MODEL, []]);
});

test("a smaller model that fits where it does not, and that is told", async () => {
  const [model, told] = await choose(8 * GiB);
  expect(model).not.toBe(DEFAULT_MODEL);
  expect(told).toEqual(["chosen"]);
});

test("QwQ-32B where nothing fits: its shortfall is the answer", async () => {
  expect(await choose(GiB / 16)).toEqual([DEFAULT_MODEL, []]);
});
