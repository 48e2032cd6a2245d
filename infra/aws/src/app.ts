import { readFileSync } from "node:fs";
import { App, CfnParameter, LegacyStackSynthesizer } from "aws-cdk-lib";
import type { IStackSynthesizer, Stack } from "aws-cdk-lib";
import { CONTAINERS } from "./container.ts";
import { EndpointStack } from "./endpoint-stack.ts";

/** As much of `qwq-fit plan --target sagemaker --json` as the stack needs. */
interface PlanReport {
  readonly deployment: {
    readonly stackName: string;
    readonly container: string;
    readonly parameters: Readonly<Record<string, string>>;
  } | null;
}

/**
 * The endpoint's stack with a plan's values as its defaults: for those who deploy by CDK, and may change the constructs.
 *
 * @param text - What `qwq-fit plan --target sagemaker --json` printed.
 * @throws Error where the plan fits on no instance, or names what the stack does not have.
 */
export function stackOfPlan(app: App, text: string): Stack {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the command's own report
  const { deployment } = JSON.parse(text) as PlanReport;
  const container = CONTAINERS.find((name) => name === deployment?.container);
  if (deployment === null || container === undefined)
    throw new Error("the plan fits on no instance");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- CDK's types do not hold with exactOptionalPropertyTypes
  const synthesizer = new LegacyStackSynthesizer() as IStackSynthesizer;
  const stack = new EndpointStack(app, deployment.stackName, container, {
    stackName: deployment.stackName,
    synthesizer,
  });
  for (const [name, value] of Object.entries(deployment.parameters)) {
    const parameter = stack.node.tryFindChild(name);
    if (!(parameter instanceof CfnParameter)) {
      throw new Error(`the stack has no parameter ${name}`);
    }
    parameter.default = parameter.type === "Number" ? Number(value) : value;
  }
  return stack;
}

const [, script = "", path] = process.argv;
// run by `cdk --app "node src/app.ts plan.json"`; imported, it makes nothing
if (script.endsWith("app.ts") && path !== undefined) {
  const app = new App();
  stackOfPlan(app, readFileSync(path, "utf8"));
  app.synth();
}
