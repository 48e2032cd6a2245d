import { modelFromEntry } from "@qwq-fit/models";
import type { PullProgress, StoredModel } from "@qwq-fit/engine";
import type {
  Catalog,
  FitPlan,
  HardwareProfile,
  LocalMeasurement,
  ModelProfile,
} from "@qwq-fit/schema";
import { readRemote } from "../model/read-remote.ts";
import { bytesText } from "./find-binding.ts";
import type { PrepareOptions } from "./find-binding.ts";
import { findPlace, sourceOf, storedModel } from "./local-model.ts";
import type { LocalModel, ModelPlace } from "./local-model.ts";
import { modelsFolder, storeOf } from "./local-places.ts";
import { planLocal } from "./plan-local.ts";
import type { PlanWish } from "./plan-local.ts";

/** What is known of the machine when a model is brought. */
export interface Machine {
  readonly catalog: Catalog;
  readonly hardware: HardwareProfile;
  /** What was rehearsed or measured on it, as it is now. */
  readonly measurements: readonly LocalMeasurement[];
}

/** A plan for a model that is not here yet, and the references that its files are asked for by. */
export interface Choice {
  readonly plan: FitPlan;
  readonly profile: ModelProfile;
  readonly references: readonly string[];
}

/** What would be pulled for a model that is not here: chosen by the plan for this machine. */
export async function chooseRemote(
  place: Exclude<ModelPlace, { kind: "here" }>,
  wish: PlanWish,
  machine: Machine,
  environment: PrepareOptions["io"]["environment"],
): Promise<Choice> {
  if (place.kind === "remote") {
    const profile = await readRemote(place.reference, environment);
    const plan = await planLocal(profile, machine, wish);
    const variant = profile.weights.find(({ quantization }) => quantization === plan.quantization);
    return { plan, profile, references: [variant?.location ?? place.reference] };
  }
  const { entry, quantization } = place;
  const profile = modelFromEntry(
    entry,
    quantization === null ? {} : { quantizations: [quantization] },
  );
  const asked = quantization === null ? wish : { ...wish, quantization };
  const plan = await planLocal(profile, machine, asked);
  return {
    plan,
    profile,
    references: entry.repositories.gguf.map((name) => `hf:${name}:${plan.quantization}`),
  };
}

/**
 * The model on this machine; pulled where it is not here, if a person agrees.
 * @throws {QwqError} as {@link findPlace}, planning and pulling do; `aborted` where nobody agrees.
 */
export async function bringModel(
  name: string,
  wish: PlanWish,
  machine: Machine,
  options: PrepareOptions,
): Promise<LocalModel | null> {
  const { environment } = options.io;
  const place = await findPlace(name, wish.quantization, machine.catalog, environment);
  if (place.kind === "here") return place.model;
  const { plan, references } = await chooseRemote(place, wish, machine, environment);
  const what = place.kind === "catalogue" ? place.entry.name : place.reference;
  const question = `Download ${what} ${plan.quantization}, ${bytesText(plan.diskBytes)}, to ${modelsFolder(environment)}?`;
  if (!(await options.ask(question))) return null;
  const stored = await pullFrom(references, options);
  return storedModel(stored, machine.catalog, place.kind === "catalogue" ? place.entry : null);
}

/** Pulls the first of these references that a hub has, telling how far it is. */
export async function pullFrom(
  references: readonly string[],
  { teller, io, signal }: Pick<PrepareOptions, "teller" | "io" | "signal">,
): Promise<StoredModel> {
  const source = await sourceOf(references, io.environment);
  const stored = await storeOf(io.environment).pull(source, {
    onProgress: (progress) => teller.progress("pulling", { ...progress }, progressText(progress)),
    ...(signal === undefined ? {} : { signal }),
  });
  const bytes = stored.files.reduce((sum, file) => sum + file.bytes, 0);
  const { id, reference } = stored;
  const paths = stored.files.map(({ path }) => path);
  teller.event("pulled", { id, reference, bytes, paths }, `${id} is here, ${bytesText(bytes)}.`);
  return stored;
}

function progressText(progress: PullProgress): string {
  const { file, fileIndex, fileCount, bytes, totalBytes, bytesPerSecond, remainingMs } = progress;
  const part = fileCount > 1 ? ` (${fileIndex + 1} of ${fileCount})` : "";
  const verb = progress.phase === "verifying" ? "Verifying" : "Downloading";
  const rate = bytesPerSecond === null ? "" : `, ${bytesText(bytesPerSecond)}/s`;
  const left = remainingMs === null ? "" : `, ${Math.ceil(remainingMs / 60_000)} min left`;
  return `${verb} ${file}${part}: ${bytesText(bytes)} of ${bytesText(totalBytes)}${rate}${left}`;
}
