import type { Estimate, Explanation } from "@qwq-fit/schema";

import { qualityLoss } from "../quality/quality-loss.ts";
import type { SpeedEstimate } from "../speed/speed-types.ts";
import { budgetsOf } from "./budget.ts";
import type { Candidate } from "./candidate.ts";
import { overheads } from "./charge.ts";
import type { Problem } from "./problem.ts";

const estimateInputs = (estimate: Estimate): Explanation["inputs"] => ({
  low: estimate.low,
  expected: estimate.expected,
  high: estimate.high,
  coverage: estimate.coverage,
  method: estimate.method,
});

function explainMemory(problem: Problem, candidate: Candidate): readonly Explanation[] {
  const { row } = candidate;
  const rules = row.llamaCpp === null ? `${row.engine}'s` : `llama.cpp ${row.llamaCpp}'s`;
  const budgets = budgetsOf(problem.hardware, row);
  return candidate.memory.flatMap((memory): readonly Explanation[] => {
    const budget = memory.device === "host" ? budgets.host : budgets.devices.get(memory.device);
    return [
      {
        quantity: `memory of ${memory.device}`,
        formula: "weights + repacked + KV cache + compute + output + overhead",
        inputs: {
          weightsBytes: memory.weightsBytes,
          repackedBytes: memory.repackedBytes,
          kvCacheBytes: memory.kvCacheBytes,
          computeBytes: memory.computeBytes,
          outputBytes: memory.outputBytes,
          overheadBytes: memory.overheadBytes,
          totalBytes: memory.totalBytes,
        },
        source: `${rules} buffers; overhead (${memory.device === "host" ? overheads.hostBytes : overheads.deviceBytes} bytes): gguf-parser-go v0.26, platform footprint`,
      },
      {
        quantity: `budget of ${memory.device}`,
        formula: "free now − margin (what unified devices take counts against the host)",
        inputs: {
          freeBytes: budget?.freeBytes ?? null,
          marginBytes: budget?.marginBytes ?? null,
          budgetBytes: memory.budgetBytes,
        },
        source: budget?.source ?? "not known",
      },
    ];
  });
}

/** Every number of a plan with its formula, inputs and source. */
export function explainPlan(
  problem: Problem,
  candidate: Candidate,
  speed: SpeedEstimate,
  cost: Estimate | null,
): readonly Explanation[] {
  const { workload, hardware, model } = problem;
  const loss = qualityLoss(candidate.variant, candidate.kvCacheType, model.parameters);
  const cpu = hardware.cpu;
  const { decodeTokensPerSecond: decode, prefillTokensPerSecond: prefill } = speed;
  return [
    ...explainMemory(problem, candidate),
    {
      quantity: "threads",
      formula: "min(physical or performance cores, cores that this process may use)",
      inputs: {
        physicalCores: cpu.physicalCores,
        performanceCores: cpu.performanceCores,
        usableCores: cpu.usableCores,
        threads: candidate.threads,
      },
      source: "llama.cpp v0.5.0 common/common.cpp, common_cpu_get_num_math",
    },
    {
      quantity: "decode speed",
      formula:
        "1 ÷ Σ over devices (weights and cache read for a token ÷ reached bandwidth + fixed time)",
      inputs: estimateInputs(decode),
      source: decode.sources.join("; ") || "assumed bandwidth",
    },
    {
      quantity: "prefill speed",
      formula: "prompt tokens ÷ Σ over devices (operations ÷ reached throughput)",
      inputs: estimateInputs(prefill),
      source: prefill.sources.join("; ") || "assumed throughput",
    },
    {
      quantity: "time to first token, ms",
      formula: "prompt ÷ prefill speed + one decode step",
      inputs: { promptTokens: workload.promptTokens, ...estimateInputs(speed.timeToFirstTokenMs) },
      source: "from the speeds above",
    },
    {
      quantity: "time to answer, ms",
      formula: "time to first token + (thinking + answer) ÷ decode speed",
      inputs: {
        reasoningTokens: workload.reasoningTokens,
        answerTokens: workload.answerTokens,
        ...estimateInputs(speed.timeToAnswerMs),
      },
      source: "from the speeds above",
    },
    {
      quantity: "quality loss",
      formula: "divergence of the weights' quantization + of the KV type",
      inputs: { kld: loss.kld, perplexityPercent: loss.perplexityPercent, word: loss.word },
      source: loss.source,
    },
    ...(cost === null
      ? []
      : [
          {
            quantity: "energy, USD per million tokens",
            formula: "watts ÷ 1000 × USD per kWh × 10⁶ ÷ (3600 × tokens a second)",
            inputs: {
              watts: hardware.power.loadWatts?.value ?? null,
              usdPerKwh: problem.options.electricityUsdPerKwh?.value ?? null,
              ...estimateInputs(cost),
            },
            source: cost.sources.join("; "),
          },
        ]),
  ];
}
