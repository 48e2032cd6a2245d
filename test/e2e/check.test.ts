import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import type { CheckReport, HardwareProfile } from "@qwq-fit/schema";
import { checkReport, hardwareProfile, validate } from "@qwq-fit/schema/validate";
import { beforeAll, describe, expect, test } from "vitest";
import { isBuilt, runCommand } from "../support/run-command.ts";
import type { Ran } from "../support/run-command.ts";

describe.skipIf(!isBuilt)("qwq-fit check, on this machine", () => {
  let ran: Ran;
  let report: CheckReport;
  beforeAll(async () => {
    ran = await runCommand(["check", "--json"]);
    report = validate(checkReport, JSON.parse(ran.out), "check --json");
  });

  test("prints one value that its schema takes, and nothing else", () => {
    expect(ran.err).toBe("");
    expect(ran.out.endsWith("}\n")).toBe(true);
    expect(report.model.name).toBe("QwQ-32B");
    expect(report.workload).toEqual(DEFAULT_WORKLOAD);
  });

  test("the exit code is the verdict", () => {
    expect(ran.code).toBe(report.fits ? 0 : 3);
    expect(report.fits).toBe(report.choice !== null);
    expect(report.fits).toBe(report.shortfall === null);
  });

  test("tensors and derivations are left out of a report that nobody asked to explain", () => {
    expect(report.model.weights.length).toBeGreaterThan(5);
    expect(report.model.weights.flatMap(({ tensors }) => tensors)).toEqual([]);
    expect(report.plans.flatMap(({ explanations }) => explanations)).toEqual([]);
  });

  test("a plan never takes more than its budget, and its parts add up", () => {
    for (const plan of report.plans) {
      for (const part of plan.memory.devices) {
        expect(part.totalBytes).toBeLessThanOrEqual(part.budgetBytes);
        expect(part.totalBytes).toBe(
          part.weightsBytes +
            part.repackedBytes +
            part.kvCacheBytes +
            part.computeBytes +
            part.outputBytes +
            part.overheadBytes,
        );
      }
    }
  });

  test("clouds are priced for the same exchange", () => {
    expect(report.cloud.length).toBeGreaterThan(0);
    for (const offer of report.cloud) {
      const { promptTokens, reasoningTokens, answerTokens } = DEFAULT_WORKLOAD;
      const usd =
        promptTokens * offer.inputUsdPerMillionTokens +
        (reasoningTokens + answerTokens) * offer.outputUsdPerMillionTokens;
      expect(offer.usdPerAnswer).toBeCloseTo(usd / 1e6, 12);
    }
  });

  test("--explain gives every plan its derivations", async () => {
    const explained = await runCommand(["--explain", "--json"]);
    const { plans } = validate(checkReport, JSON.parse(explained.out), "check --explain --json");
    expect(plans.map(({ explanations }) => explanations.length).filter((n) => n === 0)).toEqual([]);
    for (const { formula, source } of plans.flatMap(({ explanations }) => explanations)) {
      expect(`${formula} ${source}`).toMatch(/\S+ \S+/u);
    }
  });

  test("options reach the plan", async () => {
    const args = "--model qwen2.5-0.5b-instruct --context 4k --concurrency 2 --quantization q8_0";
    const small = await runCommand([...args.split(" "), "--json"]);
    const { choice, workload, plans } = validate(checkReport, JSON.parse(small.out), "json");
    expect(small.code).toBe(0);
    expect(workload).toMatchObject({ contextTokens: 4096, concurrency: 2 });
    expect(choice).toMatchObject({ quantization: "Q8_0", sequences: 2 });
    expect(plans.every(({ quantization }) => quantization === "Q8_0")).toBe(true);
    expect(choice?.contextTokens).toBeGreaterThanOrEqual(4096);
  });
});

describe.skipIf(!isBuilt)("qwq-fit profile", () => {
  test("prints a profile that `--hardware` takes back", async () => {
    const { out, code } = await runCommand(["profile", "--json"]);
    const profile: HardwareProfile = validate(hardwareProfile, JSON.parse(out), "profile --json");
    expect(code).toBe(0);
    expect(profile.memory.limitBytes).toBeLessThanOrEqual(profile.memory.totalBytes);
    expect(profile.memory.availableBytes).toBeLessThanOrEqual(profile.memory.limitBytes);
    expect(profile.cpu.usableCores).toBeGreaterThan(0);
  });
});
