import { GiB } from "@qwq-fit/schema";
import type { SagemakerOffer, SagemakerReport } from "@qwq-fit/schema";
import { short, tokens, usd, whole } from "./numbers.ts";
import { drawTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const devices = ({ acceleratorCount, accelerator }: SagemakerOffer): string =>
  `${acceleratorCount}×${accelerator}`;

const star = ({ usdPerHour }: SagemakerOffer): string =>
  usdPerHour.unverified === true ? "*" : "";

function rowOf(offer: SagemakerOffer): string[] {
  const { plan, usdPerHour, usdPerMonth, usdPerMillionTokens, tokensPerSecond } = offer;
  if (plan === null || tokensPerSecond === null || usdPerMillionTokens === null) return [];
  return [
    `${offer.instance} ${devices(offer)}`,
    plan.quantization + (plan.kvCacheType === "fp8" ? "†" : ""),
    short(tokensPerSecond.expected),
    `${usd(usdPerHour.value)}${star(offer)}`,
    usd(usdPerMonth),
    usd(usdPerMillionTokens.expected),
  ];
}

/** No backend for the device, or no weights in a form that the engine loads. */
const NO_ENGINE = "the container's engine runs none of the known weights on it";

function missing({ shortfall }: SagemakerOffer): string {
  if (shortfall === null) return NO_ENGINE;
  const [change] = shortfall.changes;
  if (change !== undefined) return `too small. ${change.text}`;
  if (shortfall.missingBytes <= 0) return NO_ENGINE;
  return `${short(shortfall.missingBytes / GiB)} GiB missing on each device`;
}

/** `plan --target sagemaker` for people. */
export function drawSagemaker(report: SagemakerReport, terminal: Terminal): string {
  const { workload, offers, choice, notes } = report;
  const fitting = offers.filter(({ plan }) => plan !== null);
  const rest = offers.filter(({ plan }) => plan === null);
  const head = ["instance", "weights", "tok/s", "$/h", "$/month", "$/M tok"];
  const rows = fitting.map(rowOf);
  const sources = offers
    .filter(({ instance }) => instance === choice)
    .map(({ usdPerHour }) => usdPerHour.source);
  const lines = [
    `${report.model} on SageMaker: ${whole(workload.concurrency)} at once, ${tokens(workload.contextTokens)} context each`,
    "",
    ...(rows.length === 0
      ? [
          "It fits on no instance whose price is known.",
          "Weights that are not listed are read from a repository: --model hf:ORG/NAME.",
        ]
      : [drawTable(head, rows, terminal)]),
    ...rest.map((offer) => `  ${offer.instance} (${devices(offer)}): ${missing(offer)}`),
    "",
    ...(choice === null ? [] : [`Chosen: ${choice}, the cheapest hour that serves this.`]),
    `tok/s is of all sequences together, $/M tok at full use; a month has 730 hours without a pause. Prices: on demand, ${report.pricesDate}.`,
    ...(fitting.some(({ plan }) => plan?.kvCacheType === "fp8")
      ? ["† with the KV cache in fp8"]
      : []),
    ...(offers.some(({ usdPerHour }) => usdPerHour.unverified === true) ? ["* unverified"] : []),
    ...sources.map((source) => `Price of ${choice ?? ""}: ${source}`),
    ...notes.map((note) => `Note: ${note}`),
    ...(choice === null
      ? []
      : ["", "`qwq-fit deploy sagemaker --dry-run` shows what would be made."]),
    "",
  ];
  return lines.join("\n");
}
