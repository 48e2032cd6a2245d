import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import type { SagemakerReport, Workload } from "@qwq-fit/schema";
import { beforeAll, describe, expect, test } from "vitest";
import { loadCatalog } from "../../catalog/load-catalog.ts";
import { loadSpeedCoefficients } from "../../catalog/load-speed-coefficients.ts";
import { readModel } from "../../model/read-model.ts";
import { loadInfra } from "../load-infra.ts";
import { resolveTemplate } from "../stack/template-resources.ts";
import { createSagemakerReport } from "./sagemaker-report.ts";
import type { SagemakerInput } from "./sagemaker-report.ts";

let base: Pick<SagemakerInput, "model" | "catalog" | "options" | "wish">;
beforeAll(async () => {
  const catalog = await loadCatalog({});
  base = {
    catalog,
    model: await readModel("Qwen/QwQ-32B", { catalog, environment: {} }),
    options: { coefficients: await loadSpeedCoefficients() },
    wish: { container: "vllm", region: "us-east-1", maximumCopies: 2, budgetUsd: 0 },
  };
});

const report = (workload: Partial<Workload>, rest: Partial<SagemakerInput> = {}): SagemakerReport =>
  createSagemakerReport({
    ...base,
    workload: { ...DEFAULT_WORKLOAD, concurrency: 8, ...workload },
    ...rest,
  });

describe("the instance", () => {
  test("is the cheapest hour of those that serve the workload", () => {
    const { offers, choice } = report({});
    const usable = offers.filter(({ usable: ok }) => ok).map(({ usdPerHour }) => usdPerHour.value);
    expect(usable.length).toBeGreaterThan(3);
    expect(offers.find(({ instance }) => instance === choice)?.usdPerHour.value).toBe(
      Math.min(...usable),
    );
  });

  test("holds weights and the cache of all sequences: more at once, or longer, needs more", () => {
    const chosen = (concurrency: number, contextTokens: number): number => {
      const { offers, choice } = report({ concurrency, contextTokens });
      return (
        offers.find(({ instance }) => instance === choice)?.usdPerHour.value ??
        Number.POSITIVE_INFINITY
      );
    };
    expect(chosen(1, 16_384)).toBeLessThan(chosen(32, 16_384));
    expect(chosen(8, 16_384)).toBeLessThan(chosen(8, 131_072));
    for (const { plan, fits } of report({}).offers) {
      if (!fits) continue;
      const [device] = plan?.memory.devices ?? [];
      expect(device?.totalBytes).toBeLessThanOrEqual(device?.budgetBytes ?? 0);
    }
  });

  test("has a price an hour, a month and a million tokens that agree", () => {
    for (const offer of report({}).offers) {
      expect(offer.usdPerMonth).toBeCloseTo(offer.usdPerHour.value * 730, 6);
      expect(offer.usdPerHour.source).not.toBe("");
      const { tokensPerSecond, usdPerMillionTokens } = offer;
      if (tokensPerSecond === null || usdPerMillionTokens === null) continue;
      const tokensAnHour = tokensPerSecond.expected * 3600;
      expect((usdPerMillionTokens.expected * tokensAnHour) / 1e6).toBeCloseTo(
        offer.usdPerHour.value,
        6,
      );
      expect(usdPerMillionTokens.low).toBeLessThanOrEqual(usdPerMillionTokens.high);
    }
  });

  test("may be told, and then it is that or none", () => {
    expect(report({}, { instance: "ml.p5.48xlarge" }).choice).toBe("ml.p5.48xlarge");
    expect(report({}, { instance: "ml.g5.xlarge" })).toMatchObject({
      choice: null,
      deployment: null,
    });
    expect(() => report({}, { instance: "ml.x" })).toThrow("No instance type");
  });

  test("is none where the model fits on none", async () => {
    const model = await readModel("deepseek-ai/DeepSeek-R1", {
      catalog: base.catalog,
      environment: {},
    });
    const none = report({ contextTokens: 163_840, concurrency: 64 }, { model });
    expect(none.choice).toBeNull();
    expect(none.offers.every(({ fits }) => !fits)).toBe(true);
  });
});

describe("what is deployed", () => {
  test.for(["vllm", "lmi", "sglang"] as const)(
    "%s: its template takes every parameter",
    async (container) => {
      const { deployment } = report({}, { wish: { ...base.wish, container } });
      const text = await loadInfra(`aws/templates/sagemaker-${container}.json`);
      const template = resolveTemplate(text, deployment?.parameters ?? {});
      expect(template.parameters).toMatchObject({
        EndpointName: "qwq-32b",
        Sequences: "8",
        ContextTokens: "16384",
        MaximumCopies: "2",
        ReasoningParser: container === "sglang" ? "deepseek-r1" : "deepseek_r1",
      });
      expect(deployment?.image).toMatchObject({ unverified: true });
      expect(deployment?.stackName).toBe("qwq-fit-qwq-32b");
    },
  );

  test("splits a layer over as many devices as the plan, which the instance has", () => {
    for (const instance of ["ml.g6e.12xlarge", "ml.p5.48xlarge"]) {
      const { offers, deployment } = report({}, { instance });
      const offer = offers.find((one) => one.instance === instance);
      expect(Number(deployment?.parameters["TensorParallel"])).toBe(offer?.plan?.tensorParallel);
      expect(offer?.plan?.tensorParallel).toBeLessThanOrEqual(offer?.acceleratorCount ?? 0);
    }
  });

  test("quantized while loading, or from a repository that is quantized", () => {
    const fp8 = report(
      {},
      { instance: "ml.g6e.12xlarge", options: { ...base.options, quantizations: ["FP8"] } },
    );
    expect(fp8.deployment?.parameters).toMatchObject({
      ModelId: "Qwen/QwQ-32B",
      Quantization: "fp8",
    });
    const awq = report({}, { instance: "ml.g6e.2xlarge" });
    expect(awq.deployment?.parameters).toMatchObject({
      ModelId: "Qwen/QwQ-32B-AWQ",
      Quantization: "",
    });
    expect(awq.notes.join(" ")).toContain("by custom");
  });

  test("in China, from China's registry", () => {
    const { deployment } = report({}, { wish: { ...base.wish, region: "cn-north-1" } });
    expect(deployment?.parameters).toMatchObject({
      ContainerImage:
        "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/vllm:server-sagemaker-cuda-v1",
      ImageRepositoryArn: "arn:aws-cn:ecr:cn-north-1:727897471807:repository/vllm",
    });
  });

  test("an image outside ECR is refused", () => {
    const wish = { ...base.wish, image: "docker.io/vllm/vllm-openai:v0.22.0" };
    expect(() => report({}, { wish })).toThrow("no image in ECR");
  });
});
