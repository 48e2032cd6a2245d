import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { prepareBeside } from "../join/beside-server.ts";
import { prepareLan } from "../lan/serve-lan.ts";
import { askPerson } from "../local/ask.ts";
import { runningHere } from "../local/attach-local.ts";
import type { RunningHere } from "../local/attach-local.ts";
import { chooseRemote } from "../local/bring-model.ts";
import type { Choice, Machine } from "../local/bring-model.ts";
import { defaultModel } from "../local/default-model.ts";
import { engineHere, packagesOf } from "../local/find-binding.ts";
import { findPlace } from "../local/local-model.ts";
import type { LocalModel } from "../local/local-model.ts";
import { engineSettings } from "../local/open-engine.ts";
import { planLocal, planText } from "../local/plan-local.ts";
import { lookAtMachine, prepareLocal, servedModel, startLocal } from "../local/start-local.ts";
import type { Prepared } from "../local/start-local.ts";
import { createTeller } from "../local/teller.ts";
import type { Teller } from "../local/teller.ts";
import { untilStopped } from "../local/until-stopped.ts";
import type { ServeOptions } from "../options/local-options.ts";
import { serveAttached } from "./serve-attached.ts";

/** `qwq-fit serve`: the plan for this machine becomes a server, until a signal or `qwq-fit stop` ends it. */
export async function serve(
  argument: string | undefined,
  options: ServeOptions,
  io: CommandIo,
): Promise<number> {
  const named = argument ?? options.model;
  const teller = createTeller(options.json === true, io);
  if (options.attach !== undefined) {
    return serveAttached(options.attach, named, options, io, teller);
  }
  const machine = await lookAtMachine(io);
  const name = named ?? (await defaultModel(machine, options, teller));
  if (options.dryRun === true) return dryRun(name, machine, options, io);
  const ask = askPerson(options);
  const running = runningHere(name, machine.hardware, machine.catalog);
  if (running !== null && (await wantsRunning(running, options, teller))) {
    return serveAttached(running.baseUrl, named, options, io, teller);
  }
  const lan = await prepareLan(options, io, teller);
  const beside = lan.with(await prepareBeside(lan.options, io, teller));
  const loras = options.lora ?? [];
  const prepared = await prepareLocal(name, options, loras, { ask, teller, io }, machine);
  if (prepared === null) {
    teller.event("declined", {}, "Nothing was downloaded.");
    return EXIT.fault;
  }
  const { plan, settings, model } = prepared;
  teller.event("plan", { model: model.id, path: model.path, plan, settings }, planText(plan));
  tellBusy(prepared, teller);
  const server = await startLocal(
    prepared,
    { ...lan.listen(servedModel(model).aliases), loras },
    io,
  );
  const { contextTokens, sequences: slots } = plan;
  return untilStopped(server, { contextTokens, slots }, teller, beside);
}

/**
 * Whether to use the engine that has the model loaded already. Only a person who sits there is asked: what listens at an
 * engine's port is not ours, so a program that starts `serve` says `--attach` where it wants that.
 */
async function wantsRunning(
  { engine, baseUrl }: RunningHere,
  options: ServeOptions,
  teller: Teller,
): Promise<boolean> {
  const fields = { engine, baseUrl };
  if (
    options.yes !== true &&
    options.json !== true &&
    process.stdin.isTTY &&
    process.stderr.isTTY
  ) {
    return askPerson(options)(`${engine} at ${baseUrl} has it loaded already. Use that one?`);
  }
  const text = `${engine} at ${baseUrl} has it loaded already: --attach ${baseUrl} uses that one.`;
  teller.event("running-elsewhere", fields, text);
  return false;
}

function tellBusy({ busy, plan: { threads } }: Prepared, teller: Teller): void {
  if (busy === null) return;
  const { busyCores, cores } = busy;
  const used = `others use ${busyCores.toFixed(1)} of ${cores} cores`;
  const text = `This machine is busy (${used}): ${threads === 1 ? "1 thread" : `${threads} threads`} computes; --threads asks for more.`;
  teller.event("busy", { busyCores, cores, threads }, text);
}

/** What `serve` would do, and nothing else: the plan, what the engine would be told, what is not here yet. */
async function dryRun(
  name: string,
  machine: Machine,
  options: ServeOptions,
  io: CommandIo,
): Promise<number> {
  const place = await findPlace(name, options.quantization, machine.catalog, io.environment);
  const model = place.kind === "here" ? place.model : null;
  const { plan, profile, references } =
    place.kind === "here"
      ? await planHere(place.model, options, machine)
      : await chooseRemote(place, options, machine, io.environment);
  const settings = engineSettings(plan, profile, options.lora ?? []);
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
  else io.out(`${planText(plan)}\n${JSON.stringify(settings, null, 2)}\n`);
  return EXIT.fits;
}

/** A file has one quantization: what a person named has found it already. */
async function planHere(
  { profile }: LocalModel,
  options: ServeOptions,
  machine: Machine,
): Promise<Choice> {
  const { quantization: _, ...wish } = options;
  return { plan: await planLocal(profile, machine, wish), profile, references: [] };
}
