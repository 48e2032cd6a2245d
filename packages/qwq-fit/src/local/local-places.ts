import { homedir } from "node:os";
import { join } from "node:path";
import { ModelStore, defaultStateDir, foreignPlaces } from "@qwq-fit/engine";
import type { ForeignPlaces } from "@qwq-fit/engine";
import { cacheFolder } from "../cache/cache-folder.ts";

type Environment = Readonly<Record<string, string | undefined>>;

function homeOf(environment: Environment): string {
  return environment["HOME"] ?? environment["USERPROFILE"] ?? homedir();
}

/** Where servers leave their state: as told, else the user's place for it. */
export function stateDirOf(told: string | undefined, environment: Environment): string {
  if (told !== undefined) return told;
  const { platform } = process;
  return defaultStateDir({ platform, home: homeOf(environment), env: environment });
}

/** Where models are pulled to; `cache clear` leaves it alone. */
export function modelsFolder(environment: Environment): string {
  return join(cacheFolder(environment), "models");
}

/** Where other programs keep models. */
export function placesOf(environment: Environment): ForeignPlaces {
  return foreignPlaces(homeOf(environment), environment);
}

/** The models on this machine. */
export function storeOf(environment: Environment): ModelStore {
  return new ModelStore(modelsFolder(environment), placesOf(environment));
}
