import type { PlanOptions, SpeedCoefficients } from "@qwq-fit/planner";
import { QwqError } from "@qwq-fit/schema";
import type {
  Catalog,
  CloudOffer,
  EngineName,
  HardwareProfile,
  LocalMeasurement,
  SourcedNumber,
  Workload,
} from "@qwq-fit/schema";
import type { FoundModel } from "../../model/read-model.ts";
import { machinePrice } from "../../report/machine-price.ts";
import { cloudNode, type CloudSpeed, findOffer } from "./cloud-node.ts";
import { machineNode, type RequestCost } from "./machine-node.ts";
import type { OptionPart, ReplayOption } from "./parse-option.ts";
import { planMachine, type ServingPlan } from "./plan-machine.ts";
import type { NodePrice, ReplayNode } from "./replay-node.ts";
import type { MiddleSizes } from "./speed-table.ts";

/** What is needed to make a node of a name. */
export interface BuildContext {
  readonly model: FoundModel;
  readonly catalog: Catalog;
  readonly offers: readonly CloudOffer[];
  readonly workload: Workload;
  readonly sizes: MiddleSizes;
  readonly planOptions: PlanOptions;
  readonly coefficients: SpeedCoefficients;
  readonly concurrency: number | null;
  readonly engines: readonly EngineName[] | null;
  readonly cloudSpeed: CloudSpeed;
  readonly electricity: SourcedNumber;
  readonly years: number;
  /** Null: everything is always on. */
  readonly idleOffMs: number | null;
  readonly coldStartMs: number | null;
  readonly requestCost: RequestCost;
  readonly hardwareNamed: (name: string) => Promise<HardwareProfile>;
  readonly thisMachine: () => Promise<HardwareProfile>;
  /** How much users would suffer with this node alone: the less the better. */
  readonly trial: (node: ReplayNode) => number;
  readonly measurements: (hardware: HardwareProfile) => Promise<readonly LocalMeasurement[]>;
}

/** The nodes of an option, or why it has none. */
export type BuiltOption =
  | { readonly kind: "nodes"; readonly nodes: readonly ReplayNode[] }
  | {
      readonly kind: "unfit";
      readonly message: string;
      readonly shortfall: Extract<
        ReturnType<typeof planMachine>,
        { kind: "shortfall" }
      >["shortfall"];
    };

/** A rented instance comes up in minutes: a start of the machine and of the container. Assumed. */
const INSTANCE_START_MS = 240_000;
/** Weights are read at a fast disk's speed. Assumed: 1.5 GB a second. */
const LOAD_BYTES_PER_MS = 1.5e6;

const withoutCount = (text: string): string => text.replace(/^\d+\s+of\s+/iu, "");

function priceOf(part: OptionPart, hardware: HardwareProfile, context: BuildContext): NodePrice {
  const { catalog, electricity, years } = context;
  if (part.kind === "sagemaker") {
    const found = catalog.instancePrices.find(({ instance }) => instance === part.instance);
    if (found === undefined) {
      const known = catalog.instancePrices.map(({ instance }) => instance);
      throw new QwqError("invalid_value", `no price of ${part.instance} is known`, {
        hint: `Known are ${known.join(", ")}.`,
      });
    }
    return { kind: "rented", usdPerHour: found.usdPerHour, sources: [found.source] };
  }
  const { priceUsd } = machinePrice(hardware, catalog);
  const watts = hardware.power.loadWatts;
  const mine = part.kind === "this-machine";
  return {
    kind: "own",
    hardwareUsd: mine ? 0 : (priceUsd?.value ?? null),
    watts: watts?.value ?? null,
    usdPerKwh: electricity.value,
    years,
    sources: [priceUsd, watts, electricity].flatMap((one) => (one === null ? [] : [one.source])),
  };
}

async function hardwareOf(part: OptionPart, context: BuildContext): Promise<HardwareProfile> {
  if (part.kind === "this-machine") return context.thisMachine();
  if (part.kind === "sagemaker") return context.hardwareNamed(part.instance);
  if (part.kind === "machine") return context.hardwareNamed(part.hardware);
  throw new RangeError("a cloud has no hardware");
}

/** Several equal machines serve apart where the model fits on one; else they are one node together. */
function hostsOf(
  hardware: HardwareProfile,
): readonly { hardware: HardwareProfile; count: number }[] {
  if (hardware.hostCount < 2) return [{ hardware, count: 1 }];
  return [
    { hardware: { ...hardware, hostCount: 1 }, count: hardware.hostCount },
    { hardware, count: 1 },
  ];
}

/** The price of one of several machines that were priced together. */
const shared = (price: NodePrice, count: number): NodePrice =>
  price.kind === "own" && price.hardwareUsd !== null
    ? { ...price, hardwareUsd: price.hardwareUsd / count }
    : price;

function nodeOf(
  part: OptionPart,
  hardware: HardwareProfile,
  serving: ServingPlan,
  rows: readonly LocalMeasurement[],
  context: BuildContext,
  price: NodePrice,
): ReplayNode {
  const { plan } = serving;
  const { model, sizes, coefficients, idleOffMs, requestCost } = context;
  const loadMs = plan.diskBytes / LOAD_BYTES_PER_MS;
  const coldStartMs =
    context.coldStartMs ?? loadMs + (part.kind === "sagemaker" ? INSTANCE_START_MS : 0);
  const measured = new Map(
    rows
      .filter((row) => row.model === plan.model && row.quantization === plan.quantization)
      .filter((row) => row.engine === plan.engine && row.settings.threads === plan.threads)
      .map((row) => [row.settings.sequences, row]),
  );
  return machineNode({
    label: part.kind === "this-machine" ? "this machine" : withoutCount(part.text),
    model: model.profile,
    hardware,
    serving,
    sizes,
    coefficients,
    measured,
    price,
    power: idleOffMs === null ? null : { coldStartMs, idleOffMs },
    requestCost,
  });
}

/** Of equal machines with different numbers of slots the one with which users suffer least. */
function leastSuffering(nodes: readonly ReplayNode[], context: BuildContext): ReplayNode {
  const [first] = nodes;
  if (first === undefined) throw new RangeError("no node");
  if (nodes.length === 1) return first;
  const [best = { node: first }] = nodes
    .map((node) => ({ node, suffering: context.trial(node) }))
    .toSorted((a, b) => a.suffering - b.suffering);
  const tried = nodes.map(({ about }) => about.slots).join(", ");
  const note = `of ${tried} slots, ${best.node.about.slots} serve this traffic best`;
  const { about } = best.node;
  return { ...best.node, about: { ...about, notes: [...about.notes, note] } };
}

async function buildMachine(part: OptionPart, context: BuildContext): Promise<BuiltOption> {
  const whole = await hardwareOf(part, context);
  const price = priceOf(part, whole, context);
  const { model, workload, planOptions, concurrency } = context;
  let shortfall: Extract<BuiltOption, { kind: "unfit" }>["shortfall"] = null;
  for (const { hardware, count } of hostsOf(whole)) {
    const engines = context.engines ?? (part.kind === "sagemaker" ? (["vllm"] as const) : null);
    const wish = { contextTokens: workload.contextTokens, concurrency, engines };
    const planned = planMachine(model.profile, hardware, workload, wish, planOptions);
    if (planned.kind === "shortfall") {
      shortfall ??= planned.shortfall;
      continue;
    }
    // oxlint-disable-next-line no-await-in-loop -- one or two, in turn
    const rows = await context.measurements(hardware);
    const nodes = planned.servings.map((serving) =>
      nodeOf(part, hardware, serving, rows, context, shared(price, count)),
    );
    const node = leastSuffering(nodes, context);
    return { kind: "nodes", nodes: Array.from({ length: count * part.count }, () => node) };
  }
  const missing =
    shortfall === null
      ? ""
      : `: ${(shortfall.missingBytes / 2 ** 30).toFixed(1)} GiB are missing on ${shortfall.device}`;
  return { kind: "unfit", message: `${model.profile.name} does not fit${missing}`, shortfall };
}

/** The nodes that an option names. Throws where a name is not known; what does not fit is an answer. */
export async function buildOption(
  option: ReplayOption,
  context: BuildContext,
): Promise<BuiltOption> {
  const nodes: ReplayNode[] = [];
  for (const part of option.parts) {
    if (part.kind === "cloud") {
      const offer = findOffer(part.provider, part.model, context.offers);
      const node = cloudNode(withoutCount(part.text), offer, context.cloudSpeed);
      nodes.push(...Array.from({ length: part.count }, () => node));
      continue;
    }
    // One after the other: planning takes the processor.
    // oxlint-disable-next-line no-await-in-loop
    const built = await buildMachine(part, context);
    if (built.kind === "unfit") return { ...built, message: `${part.text}: ${built.message}` };
    nodes.push(...built.nodes);
  }
  return { kind: "nodes", nodes };
}
