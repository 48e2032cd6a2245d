import { setImmediate } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";
import type { Catalog, Comparison } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { probeHardware } from "../hardware/probe-hardware.ts";
import { readHardware } from "../hardware/read-hardware.ts";
import { DEFAULT_MODEL, findModel } from "../model/find-model.ts";
import { findAndReadModel } from "../model/read-model.ts";
import type { CheckOptions } from "../options/command-options.ts";
import { createCheckReport } from "../report/check-report.ts";
import { toComparedCase } from "../report/compare-case.ts";
import { machinePrice } from "../report/machine-price.ts";
import { textFor } from "../text/text-for.ts";
import { drawComparison } from "../view/compare-view.ts";
import { withProgress } from "../view/progress.ts";
import { terminalOf } from "../view/terminal.ts";
import { planOptionsOf, workloadOf } from "./workload-options.ts";

/** What one word of `compare` names; null is what the options name, or the default. */
interface Named {
  readonly model: string | null;
  readonly hardware: string | null;
}

/** What `look` finds; null where the name is not known. */
async function known<T>(look: () => T | Promise<T>): Promise<T | null> {
  try {
    return await look();
  } catch (error) {
    if (QwqError.is(error, "unknown_model") || QwqError.is(error, "unknown_hardware")) return null;
    throw error;
  }
}

/** "MODEL @ MACHINE" is both; another word is a model of the catalogue, a machine, or a model from elsewhere. */
async function readName(word: string, catalog: Catalog): Promise<Named> {
  const [model = "", hardware] = word.split("@").map((part) => part.trim());
  if (hardware !== undefined) return { model, hardware };
  const [name = word] = word.split(":");
  if (await known(() => findModel(name, catalog.models))) return { model: word, hardware: null };
  if (await known(() => readHardware(word, catalog))) return { model: null, hardware: word };
  if (/[/\\]|\.gguf$/iu.test(word)) return { model: word, hardware: null };
  throw new QwqError("unknown_hardware", `"${word}" is neither a model nor a machine`, {
    hint: '`qwq-fit models` and `qwq-fit hardware` list the names; "MODEL @ MACHINE" names both.',
  });
}

/** One after the other, with room between them for a timer to speak. */
async function inTurn<A, B>(things: readonly A[], work: (thing: A) => Promise<B>): Promise<B[]> {
  const done: B[] = [];
  for (const thing of things) {
    done.push(await work(thing));
    await setImmediate();
  }
  return done;
}

/** `qwq-fit compare A B [C…]`: models or machines, or pairs of both, side by side. */
export async function compare(
  words: readonly string[],
  options: CheckOptions,
  io: CommandIo,
): Promise<number> {
  if (words.length < 2) {
    throw new QwqError("usage", "compare needs two names or more", {
      hint: 'qwq-fit compare "Mac mini M4 Pro 24GB" "RTX 4090"',
    });
  }
  const catalog = await loadCatalog();
  const explain = options.explain === true;
  const workload = workloadOf(options);
  const planOptions = await planOptionsOf(options, catalog);
  const named = await Promise.all(words.map((word) => readName(word, catalog)));
  const here =
    options.hardware === undefined
      ? probeHardware({ catalog })
      : readHardware(options.hardware, catalog);
  const planning = inTurn(named, async ({ model, hardware }) => {
    const machine = await (hardware === null ? here : readHardware(hardware, catalog));
    const report = createCheckReport({
      hardware: machine,
      model: await findAndReadModel(model ?? options.model ?? DEFAULT_MODEL, { catalog }),
      workload,
      catalog,
      options: planOptions,
      explain,
    });
    return toComparedCase(report, machinePrice(machine, catalog));
  });
  const cases = await withProgress("Planning", planning, io);
  const comparison: Comparison = { schemaVersion: 1, workload, cases };
  if (options.json === true) io.out(`${JSON.stringify(comparison)}\n`);
  else io.out(drawComparison(comparison, explain, await textFor(io, options.lang), terminalOf(io)));
  return cases.some(({ fits }) => fits) ? EXIT.fits : EXIT.doesNotFit;
}
