import { performanceOf } from "@qwq-fit/engine";
import { planFit } from "@qwq-fit/planner";
import { DEFAULT_WORKLOAD, QwqError } from "@qwq-fit/schema";
import type { NodePerformance, NodeReport } from "@qwq-fit/schema";
import type { CommandIo } from "../command-io.ts";
import { loadSpeedCoefficients } from "../catalog/load-speed-coefficients.ts";
import { EXIT } from "../exit-code.ts";
import { lookAtMachine } from "../local/start-local.ts";
import { DEFAULT_MODEL } from "../model/find-model.ts";
import { findAndReadModel } from "../model/read-model.ts";
import type { NodeOptions } from "../options/local-options.ts";
import { range, whole } from "../view/numbers.ts";
import { drawTable } from "../view/table.ts";
import { terminalOf } from "../view/terminal.ts";

/** Prompts for which a node's speed is told: a question, a page, a long document. */
const PROMPT_TOKENS = [128, DEFAULT_WORKLOAD.promptTokens, 8192] as const;
/** A node that answers at all does so at once. */
const ANSWER_MS = 10_000;

/** `qwq-fit node describe`: what routing believes of a node: as our own server says, else as planned for this machine. */
export async function describeNode(
  target: string | undefined,
  options: NodeOptions,
  io: CommandIo,
): Promise<number> {
  const name = target ?? DEFAULT_MODEL;
  const performance = /^https?:\/\//iu.test(name)
    ? (await askNode(name, options, io)).performance
    : await plannedPerformance(name, options, io);
  if (options.json === true) io.out(`${JSON.stringify({ schemaVersion: 1, performance })}\n`);
  else {
    const head = ["model", "prompt", "at once", "prefill/s", "decode/s"];
    const rows = performance.map((row) => [
      row.model,
      whole(row.promptTokens),
      whole(row.concurrency),
      range(row.prefillTokensPerSecond),
      range(row.decodeTokensPerSecond),
    ]);
    io.out(drawTable(head, rows, terminalOf(io)));
  }
  return EXIT.fits;
}

/** What a server of ours says of itself. @throws {QwqError} `network`, `unauthorized`, `protocol_error`. */
async function askNode(address: string, options: NodeOptions, io: CommandIo): Promise<NodeReport> {
  const { origin, pathname } = new URL(address);
  const base = pathname === "/" ? "/v1" : pathname.replace(/\/+$/u, "");
  const key = options.apiKey ?? io.environment["QWQ_FIT_API_KEY"];
  const response = await fetch(`${origin}${base}/node`, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(ANSWER_MS),
    redirect: "error",
  }).catch((error: unknown) => {
    throw new QwqError("network", `${origin} cannot be reached`, { cause: error });
  });
  const value: unknown = await response.json().catch(() => null);
  if (response.status === 401) {
    throw new QwqError("unauthorized", `${origin} asks for a key`, { hint: "Pass --api-key." });
  }
  if (response.ok && typeof value === "object" && value !== null && "performance" in value) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema of our own servers
    return value as NodeReport;
  }
  throw new QwqError("protocol_error", `${origin} is no server of qwq-fit`, {
    hint: "For another engine, name the model on its machine: qwq-fit node describe MODEL --engine vllm",
  });
}

/** What the plan for this machine foretells, each prompt length with the same quantization. */
async function plannedPerformance(
  name: string,
  options: NodeOptions,
  io: CommandIo,
): Promise<NodePerformance[]> {
  const [{ catalog, hardware }, coefficients] = await Promise.all([
    lookAtMachine(io),
    loadSpeedCoefficients(),
  ]);
  const { environment } = io;
  const { profile, entry } = await findAndReadModel(name, { catalog, environment });
  const rows: NodePerformance[] = [];
  let quantization = options.quantization?.toUpperCase();
  for (const promptTokens of PROMPT_TOKENS) {
    const workload = {
      ...DEFAULT_WORKLOAD,
      promptTokens,
      contextTokens: options.context ?? DEFAULT_WORKLOAD.contextTokens,
      concurrency: options.concurrency ?? 1,
    };
    const { choice, shortfall } = planFit(profile, hardware, workload, {
      coefficients,
      ...(options.engine === undefined ? {} : { engines: [options.engine] }),
      ...(quantization === undefined ? {} : { quantizations: [quantization] }),
    });
    if (choice === null) {
      const { engine = "any engine" } = options;
      throw new QwqError("does_not_fit", `${profile.name} does not fit in ${engine} here`, {
        hint: shortfall?.changes[0]?.text ?? "`qwq-fit check` says more.",
        details: { shortfall },
      });
    }
    quantization = choice.quantization;
    rows.push({ ...performanceOf(choice, promptTokens), model: entry?.id ?? profile.id });
  }
  return rows;
}
