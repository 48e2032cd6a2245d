import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CheckReport, LocalMeasurement } from "@qwq-fit/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { machineOf } from "../../packages/qwq-fit/src/rehearse/machine.ts";
import { measurementOf } from "../../packages/qwq-fit/src/rehearse/measurement.case.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";

describe.skipIf(!isBuilt)("what was rehearsed here is used by check", () => {
  let state = "";
  let before: CheckReport;
  const check = async (): Promise<CheckReport> => {
    const ran = await runCommand(["check", "--json", "--model", "qwen2.5-0.5b"], {
      env: { QWQ_FIT_STATE_DIR: state },
    });
    return JSON.parse(ran.out) as CheckReport;
  };
  const rowFor = (report: CheckReport): LocalMeasurement => {
    const plan = report.choice;
    if (plan === null) throw new Error("it does not fit here");
    return measurementOf(plan, machineOf(report.hardware));
  };
  const keep = (rows: readonly unknown[]): void =>
    writeFileSync(join(state, "measurements.json"), JSON.stringify(rows));

  beforeAll(async () => {
    state = mkdtempSync(join(tmpdir(), "qwq-fit-state-"));
    before = await check();
  });
  afterAll(() => rmSync(state, { recursive: true, force: true }));

  test("nothing kept: predicted", () => {
    expect(before.choice?.decodeTokensPerSecond.method).toBe("predicted");
  });

  test("kept for this machine: rehearsed, with its range", async () => {
    keep([rowFor(before)]);
    const plan = (await check()).plans.find(
      ({ decodeTokensPerSecond }) => decodeTokensPerSecond.method === "rehearsed",
    );
    expect(plan?.decodeTokensPerSecond.expected).toBeCloseTo(50, 0);
    expect(plan?.quantization).toBe(before.choice?.quantization);
  });

  test("of another machine, or broken: left out", async () => {
    keep([{ ...rowFor(before), machine: "another" }, { schemaVersion: 9 }, null]);
    const methods = (await check()).plans.map(
      ({ decodeTokensPerSecond }) => decodeTokensPerSecond.method,
    );
    expect(new Set(methods)).toEqual(new Set(["predicted"]));
  });
});
