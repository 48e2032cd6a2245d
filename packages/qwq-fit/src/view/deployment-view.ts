import type { SagemakerDeployment, SagemakerOffer } from "@qwq-fit/schema";
import type { ResolvedTemplate } from "../deploy/stack/template-resources.ts";
import { tokens, usd, whole } from "./numbers.ts";

/** What a deployment costs beside its instances; from memory, unverified. */
const USD_AN_ALARM = 0.1;
const USD_A_DASHBOARD = 3;

/** What a deployment costs, as a value. */
export interface DeploymentCost {
  readonly usdPerHourOfACopy: number;
  readonly usdPerMonthOfACopy: number;
  readonly maximumCopies: number;
  readonly usdPerMonthAtMost: number;
  /** Alarms and dashboard, whatever runs. Unverified. */
  readonly usdPerMonthAlways: number;
  readonly source: string;
  readonly unverified: boolean;
}

/** Instances by the hour they run, alarms and dashboard always. */
export function deploymentCost(
  { usdPerHour, usdPerMonth }: SagemakerOffer,
  { parameters, resources }: ResolvedTemplate,
): DeploymentCost {
  const count = (type: string): number => resources.filter((one) => one.type === type).length;
  const copies = Number(parameters["MaximumCopies"] ?? 1);
  return {
    usdPerHourOfACopy: usdPerHour.value,
    usdPerMonthOfACopy: usdPerMonth,
    maximumCopies: copies,
    usdPerMonthAtMost: usdPerMonth * copies,
    usdPerMonthAlways:
      count("AWS::CloudWatch::Alarm") * USD_AN_ALARM +
      count("AWS::CloudWatch::Dashboard") * USD_A_DASHBOARD,
    source: usdPerHour.source,
    unverified: usdPerHour.unverified === true,
  };
}

/** The resources that a template makes, a line each. */
export function drawResources({ resources }: ResolvedTemplate): string[] {
  return resources.map(({ type, logicalId, name }) => {
    const shown = name ?? logicalId.replace(/[0-9A-F]{8}$/u, "");
    return `  ${type.replace(/^AWS::/u, "").padEnd(42)}${shown}`;
  });
}

/** What `deploy sagemaker` would make, for people. */
export function drawDeployment(
  deployment: SagemakerDeployment,
  offer: SagemakerOffer,
  template: ResolvedTemplate,
  notes: readonly string[],
): string {
  const cost = deploymentCost(offer, template);
  const { parameters } = template;
  const star = cost.unverified ? " (unverified)" : "";
  const plan = offer.plan;
  const lines = [
    `Stack      ${deployment.stackName} in ${deployment.region}`,
    `Model      ${parameters["ModelId"] ?? ""}, ${plan?.quantization ?? ""}, ${tokens(Number(parameters["ContextTokens"]))} context, ${whole(Number(parameters["Sequences"]))} at once`,
    `Instance   ${offer.instance}: ${offer.acceleratorCount} × ${offer.accelerator}, shared by ${parameters["TensorParallel"] ?? ""} a layer`,
    `Container  ${deployment.image.uri}${deployment.image.unverified ? " (tag unverified)" : ""}`,
    `Copies     0 to ${cost.maximumCopies}; the first starts with the stack, none stays when idle`,
    "",
    `Makes ${template.resources.length} resources:`,
    ...drawResources(template),
    "",
    "Costs:",
    `  ${usd(cost.usdPerHourOfACopy)} an hour that a copy runs${star}, ${usd(cost.usdPerMonthOfACopy)} a month without a pause`,
    ...(cost.maximumCopies > 1
      ? [`  ${usd(cost.usdPerMonthAtMost)} a month at most, with ${cost.maximumCopies} copies`]
      : []),
    `  nothing for instances at zero copies; ${usd(cost.usdPerMonthAlways)} a month for alarms and dashboard (unverified)`,
    `  price from: ${cost.source}`,
    "",
    "Told:",
    ...Object.entries(parameters)
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `  ${name.padEnd(22)}${value}`),
    ...notes.map((note) => `Note: ${note}`),
  ];
  return `${lines.join("\n")}\n`;
}
