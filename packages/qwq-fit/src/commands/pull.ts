import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { chooseRemote, pullFrom } from "../local/bring-model.ts";
import { findPlace } from "../local/local-model.ts";
import { planText } from "../local/plan-local.ts";
import { lookAtMachine } from "../local/start-local.ts";
import { createTeller } from "../local/teller.ts";
import { isRemote } from "../model/is-remote.ts";
import { DEFAULT_MODEL } from "../model/find-model.ts";
import type { PullOptions } from "../options/local-options.ts";

/** `qwq-fit pull`: brings a model here; of a catalogue model the quantization that the plan chooses for this machine. */
export async function pull(
  argument: string | undefined,
  options: PullOptions,
  io: CommandIo,
): Promise<number> {
  const name = argument ?? DEFAULT_MODEL;
  const teller = createTeller(options.json === true, io);
  const machine = await lookAtMachine(io);
  const place = await findPlace(name, options.quantization, machine.catalog, io.environment);
  if (place.kind === "here") {
    const { id, path } = place.model;
    teller.event("here", { model: id, path }, `${id} is here already: ${path}`);
    return EXIT.fits;
  }
  // A file that is named to the quantization is wanted whether it fits or not: it may be for another machine.
  const named = place.kind === "remote" && (options.quantization !== undefined || isNamed(name));
  if (named) {
    await pullFrom([place.reference], { teller, io });
    return EXIT.fits;
  }
  const { plan, references } = await chooseRemote(place, options, machine, io.environment);
  teller.event("plan", { plan }, planText(plan));
  await pullFrom(references, { teller, io });
  return EXIT.fits;
}

/** "hf:org/repo:Q4_K_M", an address, a file of a repository. */
function isNamed(name: string): boolean {
  if (/\.gguf(?:$|[?:])/iu.test(name)) return true;
  return isRemote(name) && /:[A-Za-z0-9_.-]+$/u.test(name.replace(/^[a-z]+:/iu, ""));
}
