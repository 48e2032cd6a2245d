import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stackOfPlan } from "./app.ts";

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), "qwq-fit-cdk-"));
});
afterEach(() => rmSync(outdir, { recursive: true, force: true }));

const plan = (parameters: object): string =>
  JSON.stringify({ deployment: { stackName: "qwq-fit-x", container: "vllm", parameters } });

test("a plan's values are the stack's defaults", { timeout: 120_000 }, () => {
  const app = new App({ outdir, analyticsReporting: false });
  const stack = stackOfPlan(
    app,
    plan({ EndpointName: "x", TensorParallel: "4", Quantization: "fp8" }),
  );
  const template = app.synth().getStackArtifact(stack.artifactId).template as {
    Parameters: Record<string, { Default?: unknown }>;
  };
  expect(template.Parameters).toMatchObject({
    EndpointName: { Default: "x" },
    TensorParallel: { Default: 4 },
    Quantization: { Default: "fp8" },
  });
});

test("what the stack does not have is refused", () => {
  const app = new App({ outdir });
  expect(() => stackOfPlan(app, plan({ Color: "red" }))).toThrow("no parameter Color");
  expect(() => stackOfPlan(new App({ outdir }), JSON.stringify({ deployment: null }))).toThrow(
    "fits on no",
  );
});
