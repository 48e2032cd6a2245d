import type { HardwareProfile } from "@qwq-fit/schema";
import { expect, test } from "vitest";
import { createNodePower } from "./node-power.ts";

const on = (source: HardwareProfile["power"]["source"]): HardwareProfile["power"] => ({
  source,
  batteryPercent: null,
  loadWatts: null,
});
const BATTERY = { onBattery: true, meteredNetwork: false };
const MAINS = { onBattery: false, meteredNetwork: false };

test("files are asked each time", async () => {
  const told = [on("battery"), on("mains"), on("unknown")];
  const power = createNodePower(() => Promise.resolve(told.shift() ?? on("unknown")), 0);
  expect([await power(), await power(), await power()]).toEqual([BATTERY, MAINS, null]);
});

test("a program is started once a while, and nobody waits for it", async () => {
  let nowMs = 0;
  let asked = 0;
  let answer: (power: HardwareProfile["power"]) => void = () => undefined;
  const read = (): Promise<HardwareProfile["power"]> => {
    asked += 1;
    return new Promise((resolve) => {
      answer = resolve;
    });
  };
  const power = createNodePower(read, 1000, () => nowMs);
  expect([await power(), await power(), asked]).toEqual([null, null, 1]);
  answer(on("battery"));
  await expect.poll(power).toEqual(BATTERY);
  nowMs = 1000;
  expect([await power(), asked]).toEqual([BATTERY, 2]);
  answer(on("mains"));
  await expect.poll(power).toEqual(MAINS);
  expect(asked).toBe(2);
});
