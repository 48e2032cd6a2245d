import { performanceOf, servedModelOf, startServer } from "@qwq-fit/engine";
import type { EngineSettings, InstalledEngine, RunningServer, ServedModel } from "@qwq-fit/engine";
import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import type { FitPlan } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { probeHardware } from "../hardware/probe-hardware.ts";
import { withProgress } from "../view/progress.ts";
import { bringModel } from "./bring-model.ts";
import type { Machine } from "./bring-model.ts";
import { measureCoreUse, threadsBeside } from "./busy.ts";
import type { CoreUse } from "./busy.ts";
import { prepareEngine } from "./find-binding.ts";
import type { PrepareOptions } from "./find-binding.ts";
import type { ListenOptions } from "./listen-options.ts";
import type { LocalModel } from "./local-model.ts";
import { modelsFolder } from "./local-places.ts";
import { engineSettings, openEngine } from "./open-engine.ts";
import type { Lora } from "./open-engine.ts";
import { planLocal, withWish } from "./plan-local.ts";
import type { PlanWish } from "./plan-local.ts";
import { smallerSettings } from "./smaller-settings.ts";
import { measurementsOf, readMeasurements } from "../rehearse/measurement-file.ts";

/** Where a local server listens, and what its model wears. */
export interface LocalServerOptions extends ListenOptions {
  readonly loras: readonly Lora[];
}

/** A model that can be served now: its file, its plan against the memory that is free now, its engine. */
export interface Prepared {
  readonly model: LocalModel;
  readonly machine: Machine;
  readonly wish: PlanWish;
  readonly plan: FitPlan;
  readonly settings: EngineSettings;
  /** Null for a plan of the user's own llama-server. */
  readonly binding: InstalledEngine | null;
  /** How much of the cores others use, where that took threads from the plan; else null. */
  readonly busy: CoreUse | null;
}

/** This machine as it is now, with the catalogue. */
export async function lookAtMachine(io: PrepareOptions["io"]): Promise<Machine> {
  const catalog = await loadCatalog(io.environment);
  const modelDirectory = modelsFolder(io.environment);
  const probing = probeHardware({ catalog, modelDirectory });
  const [hardware, kept] = await Promise.all([
    withProgress("Looking at this machine", probing, io),
    readMeasurements(io.environment),
  ]);
  return { catalog, hardware, measurements: measurementsOf(hardware, kept) };
}

/**
 * Brings model and engine here and plans for that very file, against the memory that is free once both are here. Null
 * where a person does not want the download.
 */
export async function prepareLocal(
  name: string,
  wish: PlanWish,
  loras: readonly Lora[],
  options: PrepareOptions,
  looked?: Machine,
): Promise<Prepared | null> {
  const before = looked ?? (await lookAtMachine(options.io));
  const model = await bringModel(name, wish, before, options);
  if (model === null) return null;
  const { quantization: _, ...rest } = wish;
  const first = await planLocal(model.profile, before, rest);
  const binding = first.engine === "node-llama-cpp" ? await prepareEngine(first, options) : null;
  return replan({ model, wish: rest, plan: first, binding }, loras, options);
}

/** The plan against the memory and the cores that are free now. */
async function replan(
  prepared: Pick<Prepared, "model" | "wish" | "plan" | "binding">,
  loras: readonly Lora[],
  { io }: Pick<PrepareOptions, "io">,
): Promise<Prepared> {
  const { model, wish, binding } = prepared;
  const machine = await lookAtMachine(io);
  const plan = await planLocal(model.profile, machine, wish);
  // Another backend would need other packages; the plan that the engine was brought for stands then.
  const chosen = plan.backend === prepared.plan.backend && plan.engine === prepared.plan.engine;
  const { plan: kept, busy } = await besideOthers(chosen ? plan : prepared.plan, wish);
  const settings = engineSettings(kept, model.profile, loras);
  return { model, wish, machine, plan: kept, binding, settings, busy };
}

/** The plan with fewer threads where others use the cores now; threads that a person asked for stay. */
async function besideOthers(
  plan: FitPlan,
  wish: PlanWish,
): Promise<Pick<Prepared, "plan" | "busy">> {
  if (wish.threads !== undefined || plan.threads < 2) return { plan, busy: null };
  const use = await measureCoreUse();
  const threads = threadsBeside(plan.threads, use);
  if (threads === plan.threads) return { plan, busy: null };
  const note =
    "Fewer threads than cores: others use them now. Speed is that of the plan without them.";
  return { plan: withWish(plan, { threads }, note), busy: use };
}

/** Starts the server of a prepared model. Each later load of its engine plans anew for what is free then. */
export async function startLocal(
  prepared: Prepared,
  options: LocalServerOptions,
  io: PrepareOptions["io"],
): Promise<RunningServer> {
  const { model, plan } = prepared;
  let loads = 0;
  const open: Parameters<typeof startServer>[0]["open"] = async () => {
    loads += 1;
    const now = loads === 1 ? prepared : await replan(prepared, options.loras, { io });
    return openEngine({
      ...now,
      hardware: now.machine.hardware,
      modelPath: model.path,
      stateDir: options.stateDir,
      // What is free when the engine has died, not what was free when it started.
      replan: async (failed) =>
        smallerSettings(failed, model, now.plan, (await lookAtMachine(io)).hardware),
    });
  };
  return startServer({
    open,
    model: servedModel(model),
    plan: { ...plan, model: model.id, explanations: [] },
    performance: [performanceOf({ ...plan, model: model.id }, DEFAULT_WORKLOAD.promptTokens)],
    ...options,
  });
}

/** The model as its clients see it: under the catalogue's names where it is known there, never under a path. */
export function servedModel({ id, profile, variant, entry }: LocalModel): ServedModel {
  const card =
    entry === null
      ? {}
      : {
          name: entry.name,
          sampling: entry.sampling,
          license: entry.license,
          thinks: entry.thinks,
        };
  const served = servedModelOf({ ...profile, ...card, id }, variant, { nowMs: Date.now() });
  return { ...served, aliases: [...new Set([...served.aliases, ...(entry?.aliases ?? [])])] };
}
