import { expect, test } from "vitest";
import { createRecordedPorts } from "../record/recorded-ports.ts";
import { probePower } from "./power.ts";

/** As macOS prints it. */
const ON_BATTERY = `Now drawing from 'Battery Power'
 -InternalBattery-0 (id=23068771)\t83%; discharging; 4:21 remaining present: true
`;
const CHARGING = `Now drawing from 'AC Power'
 -InternalBattery-0 (id=23068771)\t100%; charged; 0:00 remaining present: true
`;
/** A Mac mini has no battery; one behind a UPS says when that is what it runs on. */
const MINI = "Now drawing from 'AC Power'\n";
const ON_UPS = `Now drawing from 'UPS Power'
 -Back-UPS (id=9240576)\t97%; discharging; 1:02 remaining present: true
`;

test.for([
  ["a laptop on its battery", ON_BATTERY, "battery", 83],
  ["a laptop on mains", CHARGING, "mains", 100],
  ["a Mac mini", MINI, "mains", null],
  ["a Mac mini on its UPS", ON_UPS, "battery", null],
] as const)("macOS, %s", async ([, stdout, source, batteryPercent]) => {
  const commands = { "pmset -g batt": { stdout } };
  const power = await probePower(
    createRecordedPorts({ schemaVersion: 1, platform: "darwin", commands }),
  );
  expect(power).toEqual({ source, batteryPercent, loadWatts: null });
});

const BATTERY = { present: true, onMains: false, percent: 41 };

test.for([
  ["macOS, where pmset says nothing", "darwin", BATTERY, "battery"],
  ["Windows on its battery", "win32", BATTERY, "battery"],
  ["Windows on mains", "win32", { ...BATTERY, onMains: true }, "mains"],
  [
    "Windows without a battery",
    "win32",
    { present: false, onMains: false, percent: null },
    "mains",
  ],
  ["Windows, where nothing tells", "win32", null, "unknown"],
] as const)("%s", async ([, platform, battery, source]) => {
  const ports = createRecordedPorts({ schemaVersion: 1, platform, battery });
  expect((await probePower(ports)).source).toBe(source);
});
