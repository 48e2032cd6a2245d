import { modelFromEntry } from "@qwq-fit/models";
import type { ModelEntry } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import type { ListOptions } from "../options/command-options.ts";
import { matching } from "../search.ts";
import { textFor } from "../text/text-for.ts";
import { benchmarkLines } from "../view/benchmark-lines.ts";
import { wrap } from "../view/width.ts";
import { gib, short, tokens } from "../view/numbers.ts";
import { drawTable } from "../view/table.ts";
import { terminalOf } from "../view/terminal.ts";

/** The quantization by which sizes are compared: the one that people take first. */
const QUANTIZATION = "Q4_K_M";
const BILLION = 1e9;

/** One model of `models --json`. */
export interface ListedModel {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly kind: ModelEntry["kind"];
  readonly parameters: number;
  readonly activeParameters: number;
  readonly contextTokens: number;
  readonly thinks: ModelEntry["thinks"];
  readonly license: string | null;
  /** File of the quantization Q4_K_M; null where the model's layout in it is not known. */
  readonly q4Bytes: number | null;
  /** Published scores of the full model. */
  readonly benchmarks: NonNullable<ModelEntry["benchmarks"]>;
  readonly unverified: boolean;
}

function toListed(entry: ModelEntry): ListedModel {
  const { id, name, family, kind, parameters, activeParameters, contextTokens, thinks } = entry;
  const { weights } = modelFromEntry(entry, { quantizations: [QUANTIZATION] });
  const q4 = weights.find(({ quantization }) => quantization === QUANTIZATION);
  return {
    id,
    name,
    family,
    kind,
    parameters,
    activeParameters,
    contextTokens,
    thinks,
    license: entry.license,
    q4Bytes: q4?.fileBytes ?? null,
    benchmarks: entry.benchmarks ?? [],
    unverified: entry.unverified,
  };
}

/** `qwq-fit models [search]`: the models that are known by name. */
export async function models(
  search: readonly string[],
  options: ListOptions,
  io: CommandIo,
): Promise<number> {
  const catalog = await loadCatalog();
  const found = matching(search, catalog.models, ({ id, name, family, aliases }) => [
    id,
    name,
    family,
    ...aliases,
  ]).map(toListed);
  if (options.json === true) {
    io.out(`${JSON.stringify({ schemaVersion: 1, models: found })}\n`);
    return EXIT.fits;
  }
  const text = await textFor(io, options.lang);
  const { columns } = text;
  const rows = found.map((model) => [
    model.name,
    `${short(model.parameters / BILLION)}B`,
    model.q4Bytes === null ? "–" : gib(model.q4Bytes),
    tokens(model.contextTokens),
    text.thinks[model.thinks],
  ]);
  const head = [columns.model, columns.size, "Q4_K_M GiB", columns.context, columns.thinks];
  io.out(drawTable(head, rows, terminalOf(io)));
  const { columns: width } = terminalOf(io);
  const scores = benchmarkLines(found).flatMap((line) => wrap(line, width));
  if (scores.length > 0) io.out(`\n${scores.join("\n")}\n`);
  return EXIT.fits;
}
