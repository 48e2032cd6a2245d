import type { EngineSettings } from "@qwq-fit/engine";
import type { FitPlan, LocalMeasurement, ModelEntry } from "@qwq-fit/schema";
import type { TraceRequest } from "@qwq-fit/simulation";
import type { RequestCost } from "../../packages/qwq-fit/src/replay/fleet/machine-node.ts";
import { type Asked, askCompletion, askRefused } from "./ask-completion.ts";
import { meanRow, quantile, rehearsedRow } from "./rehearse-small.ts";

/** What is seen of the machine before or after a run, while it has nothing to do. */
export interface MachineLook {
  readonly rows: ReadonlyMap<number, LocalMeasurement>;
  /** Ms of requests that the engine refuses. */
  readonly ways: readonly number[];
  /** Single requests, and what they met. */
  readonly singles: readonly { readonly request: TraceRequest; readonly was: Asked }[];
}

/** Answers of a server that was idle: the first are slower. */
const WARM_UP = 8;

export interface LookInput {
  readonly url: string;
  readonly entry: ModelEntry;
  readonly plan: FitPlan;
  readonly settings: EngineSettings;
  readonly singles: readonly TraceRequest[];
  readonly salt: number;
}

/** Rehearses with 1, 2, 4 … sequences, and sends single requests to the idle server. */
export async function lookAtMachine(input: LookInput): Promise<MachineLook> {
  const { url, entry, plan, settings } = input;
  const rows = new Map<number, LocalMeasurement>();
  for (let sequences = 1; sequences <= settings.sequences; sequences *= 2) {
    rows.set(sequences, await rehearsedRow(entry, plan, { ...settings, sequences }));
  }
  const ways: number[] = [];
  for (let i = 0; i < 2 * WARM_UP; i++) ways.push(await askRefused(url, settings.contextTokens));
  const singles: { request: TraceRequest; was: Asked }[] = [];
  for (const [i, request] of input.singles.entries()) {
    const was = await askCompletion(url, request, input.salt + i);
    if (was !== null) singles.push({ request: { ...request, arrivalMs: 0 }, was });
  }
  return { rows, ways: ways.slice(WARM_UP), singles: singles.slice(WARM_UP) };
}

/** The speeds that several looks have seen, by sequences. */
export function speedsOf(looks: readonly MachineLook[]): ReadonlyMap<number, LocalMeasurement> {
  const [first] = looks;
  return new Map(
    [...(first?.rows.keys() ?? [])].map((sequences) => [
      sequences,
      meanRow(looks.flatMap(({ rows }) => rows.get(sequences) ?? [])),
    ]),
  );
}

/**
 * What a request costs here beside its tokens: single requests to the idle server over what the replay foretells of
 * them, the way there and back from refused ones. Nothing of it comes from concurrent requests.
 *
 * @param foretold - Times of a request that is alone, without these costs.
 */
export function costSeen(
  looks: readonly MachineLook[],
  foretold: (request: TraceRequest) => { readonly firstMs: number; readonly totalMs: number },
): RequestCost {
  const reading: number[] = [];
  const writing: number[] = [];
  for (const { request, was } of looks.flatMap(({ singles }) => singles)) {
    const { firstMs, totalMs } = foretold(request);
    reading.push(was.firstMs - firstMs);
    writing.push(was.totalMs - was.firstMs - (totalMs - firstMs));
  }
  const wayMs = quantile(
    looks.flatMap(({ ways }) => ways),
    0.5,
  );
  return {
    wayMs,
    promptMs: Math.max(0, quantile(reading, 0.5) - wayMs),
    settleMs: Math.max(0, quantile(writing, 0.5)),
  };
}
