import { planFit } from "@qwq-fit/planner";
import type { PlanOptions } from "@qwq-fit/planner";
import { DEFAULT_WORKLOAD, QwqError } from "@qwq-fit/schema";
import type {
  Catalog,
  EngineName,
  FitAnswer,
  FitPlan,
  HardwareProfile,
  KvCacheType,
  LocalMeasurement,
  ModelProfile,
} from "@qwq-fit/schema";
import { enginePackages } from "@qwq-fit/engine";
import { loadSpeedCoefficients } from "../catalog/load-speed-coefficients.ts";
import { range } from "../view/numbers.ts";
import { bytesText } from "./find-binding.ts";
import { tunedPlan } from "./tuned-plan.ts";

/** What a person asks of the plan; the rest is the planner's to choose. */
export interface PlanWish {
  readonly context?: number;
  readonly concurrency?: number;
  readonly quantization?: string;
  readonly kvCacheType?: KvCacheType;
  readonly batch?: number;
  readonly threads?: number;
  readonly mmap?: boolean;
  readonly flashAttention?: boolean;
  readonly offloadedLayers?: number;
}

/** What a plan is made for. */
export interface PlanMachine {
  readonly hardware: HardwareProfile;
  readonly catalog: Catalog;
  /** What was rehearsed or measured here; stands above predictions. */
  readonly measurements?: readonly LocalMeasurement[];
}

/** Contexts that are tried where none is asked for: below the last a thought of QwQ's is cut before its answer. */
const CONTEXTS = [DEFAULT_WORKLOAD.contextTokens, 12_288, 8192, 6144] as const;

/**
 * The best plan that this command can run: in node-llama-cpp; in the user's own llama-server where the best needs what the
 * binding cannot do, or the binding has none that is usable.
 *
 * @throws {QwqError} `does_not_fit`; details hold the shortfall.
 */
export async function planLocal(
  profile: ModelProfile,
  { hardware, catalog, measurements = [] }: PlanMachine,
  wish: PlanWish,
): Promise<FitPlan> {
  const server = hardware.engines.find(
    ({ engine, binaryPath }) => engine === "llama-server" && binaryPath !== null,
  );
  const options: PlanOptions = {
    coefficients: await loadSpeedCoefficients(),
    electricityUsdPerKwh: catalog.electricityUsdPerKwh,
    measurements,
    onlyAskedContext: wish.context !== undefined,
    engineVersions: {
      ...bindingVersion(),
      ...(server?.version === undefined || server.version === null
        ? {}
        : { "llama-server": server.version }),
    },
    ...(wish.quantization === undefined
      ? {}
      : { quantizations: [wish.quantization.toUpperCase()] }),
    ...(wish.kvCacheType === undefined ? {} : { kvCacheTypes: [wish.kvCacheType] }),
  };
  const ask = (contextTokens: number, ...engines: EngineName[]): FitAnswer => {
    const concurrency = wish.concurrency ?? DEFAULT_WORKLOAD.concurrency;
    const workload = { ...DEFAULT_WORKLOAD, contextTokens, concurrency };
    const told = engines.includes("llama-server") ? profile : reached(profile, contextTokens);
    return planFit(told, hardware, workload, { ...options, engines });
  };
  const [first, ...smaller] = wish.context === undefined ? CONTEXTS : [wish.context];
  const bound = ask(first, "node-llama-cpp");
  const wider = server === undefined ? bound : ask(first, "node-llama-cpp", "llama-server");
  let choice = needsServer(wider.choice, bound) ? wider.choice : bound.choice;
  for (const context of smaller) choice ??= ask(context, "node-llama-cpp").choice;
  if (choice !== null) {
    const tuned = tunedPlan(choice, measurements, DEFAULT_WORKLOAD);
    const stretched =
      tuned.engine === "node-llama-cpp" && tuned.contextTokens > profile.contextTokens;
    return withWish(stretched ? { ...tuned, notes: [...tuned.notes, BY_YARN] } : tuned, wish);
  }
  const { shortfall } = bound;
  throw new QwqError(
    "does_not_fit",
    shortfall === null
      ? `${profile.name} does not fit on this machine`
      : `${profile.name} does not fit: ${bytesText(shortfall.missingBytes)} are missing on ${shortfall.device}`,
    {
      hint: shortfall?.changes[0]?.text ?? "`qwq-fit check` says more.",
      details: { shortfall },
    },
  );
}

/**
 * The model as our engine runs it: past the trained context by YaRN, which the binding has no word for, and is told in the
 * file's metadata. The planner knows the binding as it is published.
 */
function reached(profile: ModelProfile, contextTokens: number): ModelProfile {
  const extended = profile.extendedContextTokens ?? 0;
  if (contextTokens <= profile.contextTokens || contextTokens > extended) return profile;
  return { ...profile, contextTokens: extended };
}

const BY_YARN =
  "The context is past the trained one: YaRN reaches it, which can cost quality on short texts.";

/** Whether a plan of llama-server does what the binding cannot: experts or repacking apart, or a usable speed at all. */
function needsServer(choice: FitPlan | null, bound: FitAnswer): boolean {
  if (choice?.engine !== "llama-server") return false;
  return choice.expertsOnCpu || !choice.repack || !bound.usable;
}

/** The version that `serve` installs or finds here; none where no binary is published. */
function bindingVersion(): PlanOptions["engineVersions"] {
  try {
    const { platform, arch } = process;
    return { "node-llama-cpp": enginePackages({ platform, arch }, "cpu").version };
  } catch (error) {
    if (QwqError.is(error, "unsupported_combination")) return {};
    throw error;
  }
}

const BY_HAND = "Settings were given by hand: memory and speed are those of the plan without them.";

/** A plan with other settings than its own, and why. */
export function withWish(plan: FitPlan, wish: PlanWish, note: string = BY_HAND): FitPlan {
  const changed = {
    batchTokens: wish.batch ?? plan.batchTokens,
    threads: wish.threads ?? plan.threads,
    mmap: wish.mmap ?? plan.mmap,
    flashAttention: wish.flashAttention ?? plan.flashAttention,
    offloadedLayers: wish.offloadedLayers ?? plan.offloadedLayers,
  };
  const same = Object.entries(changed).every(([name, value]) => Reflect.get(plan, name) === value);
  if (same) return plan;
  return { ...plan, ...changed, notes: [...plan.notes, note] };
}

/** A plan in one line for a person. */
export function planText(plan: FitPlan): string {
  const { quantization, engine, backend, contextTokens, sequences, threads } = plan;
  const bytes = plan.memory.devices.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  return [
    `${quantization} in ${engine} on ${backend}`,
    `${contextTokens} tokens of context${sequences > 1 ? ` × ${sequences}` : ""}`,
    threads === 1 ? "1 thread" : `${threads} threads`,
    bytesText(bytes),
    `about ${range(plan.decodeTokensPerSecond)} tokens/s`,
  ].join(", ");
}
