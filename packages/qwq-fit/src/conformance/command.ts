import { QwqError } from "@qwq-fit/schema";
import { stringField } from "@qwq-fit/wire";
import type { CommandIo } from "../command-io.ts";
import { createBackend } from "./backend.ts";
import { runChecks } from "./run-checks.ts";
import type { CheckResult } from "./run-checks.ts";

/** Options of `conformance`. */
export interface ConformanceOptions {
  readonly model?: string;
  readonly apiKey?: string;
  readonly json?: boolean;
}

/** Runs the checks against a backend and prints what really works. 0 where every required one does, else 1. */
export async function conformance(
  url: string,
  options: ConformanceOptions,
  io: CommandIo,
): Promise<number> {
  if (!/^https?:\/\//u.test(url) || !URL.canParse(url)) {
    throw new QwqError("usage", `${url} is no http address`, {
      hint: "Give the base URL, which ends before /chat/completions: http://127.0.0.1:8080/v1.",
    });
  }
  const apiKey = options.apiKey ?? io.environment["OPENAI_API_KEY"];
  const model = options.model ?? (await firstModel(url, apiKey));
  let group = "";
  const backend = createBackend({ url, model, apiKey });
  const report = await runChecks(backend, (result) => {
    if (options.json === true) return;
    if (result.group !== group) io.out(`${group === "" ? "" : "\n"}${result.group}\n`);
    ({ group } = result);
    io.out(`${lineOf(result)}\n`);
  });
  if (options.json === true) io.out(`${JSON.stringify(report)}\n`);
  else {
    const missing = report.checks.filter(({ works, required }) => required && !works);
    const end = report.conforms
      ? "everything that clients rely on is there"
      : `clients rely on ${missing.map(({ id }) => id).join(", ")}`;
    io.out(`\n${report.working} of ${report.checks.length} work; ${end}.\n`);
  }
  return report.conforms ? 0 : 1;
}

function lineOf({ works, title, wrong, required }: CheckResult): string {
  if (works) return `  works    ${title}`;
  return `  ${required ? "MISSING " : "missing "} ${title}: ${wrong ?? ""}`;
}

async function firstModel(url: string, apiKey: string | undefined): Promise<string> {
  const { json } = await createBackend({ url, model: "", apiKey, timeoutMs: 10_000 })
    .request("GET", "/models")
    .catch(() => ({ json: { data: [] } }));
  const list: unknown = json["data"];
  const id = Array.isArray(list) ? stringField(list[0], "id") : undefined;
  if (id !== undefined) return id;
  throw new QwqError("network", `${url} lists no model`, {
    hint: "Is it running? The address ends before /chat/completions. A model can be named with --model.",
  });
}
