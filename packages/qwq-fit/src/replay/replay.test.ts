import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { QwqError } from "@qwq-fit/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../main.ts";
import type { CommandIo } from "../command-io.ts";
import type { ReplayReport } from "./replay-report.ts";

const folder = mkdtempSync(join(tmpdir(), "qwq-fit-replay-"));
const file = join(folder, "requests.jsonl");
beforeAll(() => {
  const lines = Array.from({ length: 400 }, (_, i) =>
    JSON.stringify({
      arrivalMs: i * 20_000 + ((i * 7919) % 9000),
      promptTokens: 200 + ((i * 37) % 900),
      reasoningTokens: (i * 53) % 1500,
      answerTokens: 50 + ((i * 11) % 300),
    }),
  );
  writeFileSync(file, `${lines.join("\n")}\nnot JSON\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function command(
  ...args: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const io: CommandIo = {
    out: (text) => void (out += text),
    note: (text) => void (err += text),
    environment: { QWQ_FIT_STATE_DIR: folder, QWQ_FIT_CACHE_DIR: folder, HOME: folder },
    columns: null,
    errorColumns: null,
  };
  return { code: await run(["replay", ...args], io), out, err };
}
const report = async (...args: readonly string[]): Promise<ReplayReport> =>
  JSON.parse((await command(...args, "--json")).out) as ReplayReport;

const ALL = [
  "--on=Mac mini M4 Pro 48GB",
  "--on=2x RTX 3090",
  "--on=sagemaker:ml.g6.12xlarge",
  "--on=cloud:dashscope",
];

describe("qwq-fit replay", () => {
  test("each option and their mix: waits, rejections, cost and break-even, with ranges", async () => {
    const got = await report(file, ...ALL, "--policy", "cheapest");
    expect(got.options.map(({ name, kind }) => [name, kind])).toEqual([
      ["Mac mini M4 Pro 48GB", "option"],
      ["2x RTX 3090", "option"],
      ["sagemaker:ml.g6.12xlarge", "option"],
      ["cloud:dashscope", "option"],
      ["Mac mini M4 Pro 48GB + 2x RTX 3090 + sagemaker:ml.g6.12xlarge + cloud:dashscope", "mix"],
    ]);
    for (const one of got.options) {
      const { saturated, tooLong } = one.rejected;
      expect(one.answered + saturated + tooLong + one.inSystem).toBe(one.arrived);
      expect([one.arrived, one.inSystem]).toEqual([400, 0]);
      for (const wait of [one.timeToFirstTokenMs, one.timeToAnswerMs]) {
        for (const estimate of [wait?.p50, wait?.p95]) {
          expect(estimate?.low).toBeLessThanOrEqual(estimate?.expected ?? 0);
          expect(estimate?.high).toBeGreaterThanOrEqual(estimate?.expected ?? Infinity);
          expect(estimate?.coverage).toBeCloseTo(0.8);
        }
      }
      expect(one.costUsdPerMonth.expected).toBeGreaterThan(0);
    }
    const [mini, , rented, cloud] = got.options;
    expect(mini?.cost).toMatchObject({ rentUsd: 0, tokensUsd: 0 });
    expect(rented?.cost.rentUsd).toBeCloseTo(6.69 * (365 / 12) * 24, 0);
    expect(cloud?.cost).toMatchObject({ hardwareUsd: 0, rentUsd: 0 });
    expect(mini?.breakEven?.against).toMatch(/qwq/u);
    expect(got.trace.faults).toMatchObject({ total: 1, byKind: { broken_json: 1 } });
  });

  test("the same seed gives the same bytes, another seed other draws", async () => {
    const hash = async (seed: string): Promise<string> => {
      const { out } = await command(file, "--on", "RTX 4090", "--json", "--seed", seed);
      return createHash("sha256").update(out).digest("hex");
    };
    const [one, again, other] = [await hash("7"), await hash("7"), await hash("8")];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  test("counts and mixes", async () => {
    const got = await report(
      file,
      "--on",
      "2 of RTX 4090 + cloud:deepinfra",
      "--on",
      "2x Mac mini M4 Pro 48GB",
    );
    const [mix, minis, all] = got.options;
    expect(mix).toMatchObject({ kind: "mix" });
    expect(mix?.nodes.map(({ name }) => name)).toEqual([
      "RTX 4090 #1",
      "RTX 4090 #2",
      "cloud:deepinfra",
    ]);
    expect(minis?.nodes).toHaveLength(2);
    expect(all?.nodes).toHaveLength(5);
  });

  test("scale to zero: starts are waited for, and only hours on are paid", async () => {
    const rare = join(folder, "rare.jsonl");
    const lines = Array.from({ length: 10 }, (_, i) =>
      JSON.stringify({ arrivalMs: i * 3_600_000, promptTokens: 100, answerTokens: 100 }),
    );
    writeFileSync(rare, lines.join("\n"));
    const options = ["--on", "sagemaker:ml.g6.12xlarge", "--cold-start", "120"];
    const [always] = (await report(rare, ...options)).options;
    const [zero] = (await report(rare, ...options, "--scale-to-zero", "5")).options;
    expect(zero?.nodes[0]?.coldStarts).toBe(10);
    expect(zero?.timeToFirstTokenMs?.p50.expected).toBeGreaterThan(120_000);
    expect(zero?.cost.rentUsd).toBeLessThan(0.25 * (always?.cost.rentUsd ?? 0));
  });

  test("--find: the cheapest mix that keeps the level, also without any one node, and why", async () => {
    const got = await report(
      file,
      "--find",
      "--p95-first-token=2s",
      "--availability=1-node-loss",
      "--on=RTX 3090",
      "--on=RTX 4090",
    );
    expect(got.found?.asked).toMatchObject({ p95FirstTokenMs: 2000, availability: "1-node-loss" });
    const best = got.found?.tried.find(({ name }) => name === got.found?.best);
    expect(best?.fails).toBeNull();
    const [fleet] = got.options;
    expect(fleet?.name).toBe(got.found?.best);
    expect(fleet?.nodes.length).toBeGreaterThan(1);
    expect(fleet?.timeToFirstTokenMs?.p95.expected).toBeLessThanOrEqual(2000);
    const cheaper = (got.found?.tried ?? []).filter(
      (tried) => tried.costUsdPerMonth < (best?.costUsdPerMonth ?? 0),
    );
    expect(cheaper.length).toBeGreaterThan(0);
    for (const { fails } of cheaper) expect(fails).not.toBeNull();
    expect(got.found?.why.join(" ")).toMatch(/a month and keeps the service level/u);
  });

  test("--find of what nothing keeps says so", async () => {
    const { code, out } = await command(
      file,
      "--find",
      "--p95-first-token=1ms",
      "--on=RTX 3090",
      "--json",
    );
    expect(code).toBe(3);
    const got = JSON.parse(out) as ReplayReport;
    expect(got.found?.best).toBeNull();
    expect(got.found?.why[0]).toMatch(/None of \d+ mixes/u);
  });

  test("--html: one file without script or outside requests; a name is no markup", async () => {
    const page = join(folder, "page.html");
    const odd = join(folder, "<img src=x>.jsonl");
    writeFileSync(odd, readFileSync(file));
    const { code } = await command(odd, ...ALL, "--html", page);
    expect(code).toBe(0);
    const html = readFileSync(page, "utf8");
    expect(html).not.toMatch(/<script|<img|<link|@import|url\(|https?:\/\//iu);
    expect(html).toContain("&lt;img src=x&gt;");
    expect(html).toContain("prefers-color-scheme:dark");
    expect(html).toContain("default-src 'none'");
    expect(html.match(/<article/gu)).toHaveLength(5);
  });

  test("a stated workload needs no file, and says that it is stated", async () => {
    const { code, out } = await command("--synthetic", "20 users, chat", "--on", "RTX 4090");
    expect(code).toBe(0);
    expect(out.replaceAll("\n", " ")).toContain("a stated workload, not a measured one");
    expect(out).toMatch(/First token p50/u);
    expect(out).toMatch(/A month/u);
  });

  test("what cannot be replayed is told by its name", async () => {
    const fails = async (...args: readonly string[]): Promise<string> => {
      const { code, err, out } = await command(...args);
      expect([args, code]).toEqual([args, 2]);
      return `${err}${out}`;
    };
    expect(await fails(file)).toContain("replay on");
    expect(await fails("--on", "RTX 4090")).toContain("needs requests");
    expect(await fails(file, "--on", "RTX 9999")).toContain("RTX 9999");
    expect(await fails(file, "--on", "cloud:nobody")).toContain("Known are");
    expect(await fails(file, "--on", "sagemaker:ml.x")).toContain("ml.x");
    expect(await fails(file, "--on", "99 of RTX 4090")).toContain("64");
    expect(await fails("--synthetic", "many users", "--on", "RTX 4090")).toContain(
      "100 users, chat",
    );
    expect(await fails(file, "--on", "RTX 4090", "--availability", "1-node-loss")).toContain(
      "--find",
    );
  });

  test("what does not fit is an answer", async () => {
    const { code, out } = await command(file, "--on", "Mac mini M4 16GB", "--quantization", "F16");
    expect(code).toBe(3);
    expect(out).toMatch(/does not fit/u);
    expect(QwqError.is(null)).toBe(false);
  });
});
