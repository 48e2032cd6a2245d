import { join } from "node:path";
import { resolveHardware } from "@qwq-fit/planner";
import type { HardwareProfile } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { compileCatalog } from "../catalog/compile-catalog.ts";
import { machinePrice } from "./machine-price.ts";

const catalog = compileCatalog(join(import.meta.dirname, "..", "..", "..", "..", "profiles"));

function named(label: string): HardwareProfile {
  const found = resolveHardware(label, catalog);
  if (found.kind !== "resolved") throw new Error(`${label} is ${found.kind}`);
  return found.hardware;
}

describe("machinePrice", () => {
  test("a machine has its own price, in both currencies", () => {
    const { priceUsd, priceCny } = machinePrice(named("Mac mini M4 Pro 64GB"), catalog);
    expect([priceUsd?.value, priceCny?.value]).toEqual([1999, 15_499]);
  });

  test("two cards cost twice what one costs", () => {
    const one = machinePrice(named("RTX 4090"), catalog).priceUsd?.value ?? 0;
    expect(one).toBeGreaterThan(0);
    expect(machinePrice(named("2x RTX 4090"), catalog).priceUsd?.value).toBe(2 * one);
  });

  test("two chips of one card are one card", () => {
    const duo = catalog.hardware.find(
      ({ chipsPerCard, priceUsd }) => chipsPerCard === 2 && priceUsd,
    );
    const price = duo === undefined ? null : machinePrice(named(duo.name), catalog).priceUsd;
    expect(price?.value ?? null).toBe(duo?.priceUsd?.value ?? null);
  });

  test("what nobody knows has no price", () => {
    const profile: HardwareProfile = { ...named("RTX 4090"), label: "a box", priceUsd: null };
    const devices = profile.devices.map((device) => ({ ...device, catalogId: null }));
    expect(machinePrice({ ...profile, devices }, catalog)).toEqual({
      priceUsd: null,
      priceCny: null,
    });
  });
});
