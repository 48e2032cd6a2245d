import { availableParallelism, loadavg } from "node:os";
import { stopOnSignals } from "@qwq-fit/engine";
import type { RunningServer } from "@qwq-fit/engine";
import type { FitPlan } from "@qwq-fit/schema";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { askPerson } from "../local/ask.ts";
import { chooseRemote } from "../local/bring-model.ts";
import type { Machine } from "../local/bring-model.ts";
import { engineHere, packagesOf } from "../local/find-binding.ts";
import { findPlace } from "../local/local-model.ts";
import type { LocalModel } from "../local/local-model.ts";
import { stateDirOf } from "../local/local-places.ts";
import { engineSettings } from "../local/open-engine.ts";
import { planLocal, planText } from "../local/plan-local.ts";
import { lookAtMachine, prepareLocal, startLocal } from "../local/start-local.ts";
import type { Prepared } from "../local/start-local.ts";
import { createTeller } from "../local/teller.ts";
import type { Teller } from "../local/teller.ts";
import { DEFAULT_MODEL } from "../model/find-model.ts";
import type { ServeOptions } from "../options/local-options.ts";

const MINUTE_MS = 60_000;

/** `qwq-fit serve`: the plan for this machine becomes a server, until a signal or `qwq-fit stop` ends it. */
export async function serve(
  argument: string | undefined,
  options: ServeOptions,
  io: CommandIo,
): Promise<number> {
  const name = argument ?? options.model ?? DEFAULT_MODEL;
  if (options.dryRun === true) return dryRun(name, options, io);
  const teller = createTeller(options.json === true, io);
  const ask = askPerson(options);
  const prepared = await prepareLocal(name, options, options.lora ?? [], { ask, teller, io });
  if (prepared === null) {
    teller.event("declined", {}, "Nothing was downloaded.");
    return EXIT.fault;
  }
  const { plan, settings, model } = prepared;
  teller.event("plan", { model: model.id, path: model.path, plan, settings }, planText(plan));
  tellBusy(prepared, teller);
  const key = options.apiKey ?? io.environment["QWQ_FIT_API_KEY"];
  const stateDir = stateDirOf(options.stateDir, io.environment);
  const server = await startLocal(
    prepared,
    {
      stateDir,
      host: options.host,
      port: options.port,
      apiKeys: key === undefined || key === "" ? [] : [key],
      corsOrigins: options.corsOrigin ?? [],
      idleMs: options.idleMinutes === undefined ? null : options.idleMinutes * MINUTE_MS,
      loras: options.lora ?? [],
    },
    io,
  );
  const stopped = stopOnSignals(server);
  const failure = await becomeReady(server, prepared, teller);
  if (failure !== null) await server.stop({ graceMs: 0 });
  await stopped;
  if (failure !== null) throw failure.error;
  teller.event("stopped", { id: server.state.id }, "Stopped.");
  return EXIT.fits;
}

/**
 * The engine's threads wait for each other at every step: where other programs take the cores, more are slower. Measured on
 * 2 cores under load 5.4, a tiny model, 100 tokens: 0.2 s with one thread, 14 s with two.
 */
function tellBusy({ plan }: Prepared, teller: Teller): void {
  const [load = 0] = loadavg();
  const cores = availableParallelism();
  if (plan.threads < 2 || load + plan.threads <= cores * 1.5) return;
  const free = Math.max(1, Math.floor(cores - load));
  const text = `This machine is busy (load ${load.toFixed(1)} on ${cores} cores): --threads ${free} may answer sooner.`;
  teller.event("busy", { load, cores, threads: plan.threads }, text);
}

/** Waits until the model is loaded, telling how far it is; gives the fault where it cannot be. */
async function becomeReady(
  server: RunningServer,
  { model, plan }: Prepared,
  teller: Teller,
): Promise<{ readonly error: unknown } | null> {
  const { id, baseUrl, pid } = server.state;
  const url = baseUrl;
  const about = { url, id, model: model.id, pid };
  teller.event("listening", about, null);
  const watch = setInterval(() => {
    const loaded = server.host.state()?.loaded ?? 0;
    teller.progress("loading", { loaded }, `Loading ${model.id}: ${Math.floor(loaded * 100)} %`);
  }, 200);
  // A signal while the model loads ends the wait.
  const ended = server.stopped.then(() => ({ stopped: true }));
  try {
    const outcome = await Promise.race([server.whenReady(), ended]);
    if (outcome !== undefined) return null;
    const info = server.host.info();
    const told = {
      ...about,
      contextTokens: info?.contextTokens ?? plan.contextTokens,
      slots: info?.slots ?? plan.sequences,
      settings: info?.settings ?? null,
    };
    teller.event("ready", told, `${model.id} is served at ${url} (Ctrl-C stops it)`);
    return null;
  } catch (error) {
    const stopping = server.host.phase() === "closed";
    return stopping ? null : { error };
  } finally {
    clearInterval(watch);
    teller.clear();
  }
}

/** What `serve` would do, and nothing else: the plan, what the engine would be told, what is not here yet. */
async function dryRun(name: string, options: ServeOptions, io: CommandIo): Promise<number> {
  const machine = await lookAtMachine(io);
  const place = await findPlace(name, options.quantization, machine.catalog, io.environment);
  const model = place.kind === "here" ? place.model : null;
  const { plan, references } =
    place.kind === "here"
      ? { plan: await planHere(place.model, options, machine), references: [] }
      : await chooseRemote(place, options, machine, io.environment);
  const settings = model === null ? null : engineSettings(plan, model.profile, options.lora ?? []);
  const engine =
    plan.engine === "node-llama-cpp" ? await engineHere(packagesOf(plan), io.environment) : null;
  const value = {
    schemaVersion: 1,
    model: model?.id ?? name,
    path: model?.path ?? null,
    download: references,
    engineInstalled: plan.engine === "llama-server" || engine !== null,
    plan,
    settings,
  };
  if (options.json === true) io.out(`${JSON.stringify(value)}\n`);
  else {
    const shown = settings ?? plan.startCommand?.arguments ?? [];
    io.out(`${planText(plan)}\n${JSON.stringify(shown, null, 2)}\n`);
  }
  return EXIT.fits;
}

/** A file has one quantization: what a person named has found it already. */
function planHere(model: LocalModel, options: ServeOptions, machine: Machine): Promise<FitPlan> {
  const { quantization: _, ...wish } = options;
  return planLocal(model.profile, machine.hardware, wish, machine.catalog);
}
