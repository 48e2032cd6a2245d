import { join } from "node:path";
import { readModel } from "@qwq-fit/models";
import { nodePorts } from "@qwq-fit/models/node";
import type { ModelProfile } from "@qwq-fit/schema";
import { cacheFolder } from "../cache/cache-folder.ts";

/** The model behind a reference, read from its headers alone; these are kept, so that a second look works offline. */
export function readRemote(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ModelProfile> {
  return readModel(name, nodePorts(join(cacheFolder(environment), "headers"), environment));
}
