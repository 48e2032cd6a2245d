import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import type { ModelProfile, SagemakerReport } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { createSagemakerReport } from "../deploy/sagemaker/sagemaker-report.ts";
import type { DeploymentWish } from "../deploy/sagemaker/deployment.ts";
import { EXIT } from "../exit-code.ts";
import { DEFAULT_MODEL } from "../model/find-model.ts";
import { findAndReadModel } from "../model/read-model.ts";
import type { CheckOptions } from "../options/command-options.ts";
import { drawSagemaker } from "../view/sagemaker-view.ts";
import { terminalOf } from "../view/terminal.ts";
import { planOptionsOf } from "./workload-options.ts";

/** An endpoint is for several callers: so many at once where nothing is said. */
const CONCURRENCY = 8;

/** Where CloudFormation is asked, where nothing is said. */
export function regionOf(told: string | undefined, { environment }: CommandIo): string {
  return told ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1";
}

/** The report for the options of `plan` and `deploy`, with the model that it is about. */
export async function sagemakerReport(
  options: CheckOptions & { readonly instance?: string },
  wish: DeploymentWish,
  io: CommandIo,
): Promise<{ readonly report: SagemakerReport; readonly model: ModelProfile }> {
  const catalog = await loadCatalog(io.environment);
  const { profile: model } = await findAndReadModel(options.model ?? DEFAULT_MODEL, {
    catalog,
    environment: io.environment,
  });
  const workload = {
    ...DEFAULT_WORKLOAD,
    contextTokens: options.context ?? DEFAULT_WORKLOAD.contextTokens,
    concurrency: options.concurrency ?? CONCURRENCY,
  };
  const report = createSagemakerReport({
    model,
    workload,
    catalog,
    options: await planOptionsOf(options, catalog),
    wish,
    ...(options.instance === undefined ? {} : { instance: options.instance }),
  });
  return { report, model };
}

/** `qwq-fit plan --target sagemaker`: which instance type serves the model, and for how much. */
export async function planSagemaker(options: CheckOptions, io: CommandIo): Promise<number> {
  const wish: DeploymentWish = {
    container: "vllm",
    region: regionOf(undefined, io),
    maximumCopies: 1,
    budgetUsd: 0,
  };
  const { report } = await sagemakerReport(options, wish, io);
  io.out(
    options.json === true ? `${JSON.stringify(report)}\n` : drawSagemaker(report, terminalOf(io)),
  );
  return report.choice === null ? EXIT.doesNotFit : EXIT.fits;
}
