import * as z from "zod/mini";
import type {
  CheckReport,
  CloudOffer,
  MemoryReport,
  Recommendation,
  RelativeModel,
} from "../check-report.ts";
import type { ComparedCase, Comparison } from "../comparison.ts";
import type { Workload } from "../workload.ts";
import { exactly } from "./exactly.ts";
import type { Validator } from "./exactly.ts";
import { fitPlan, shortfall } from "./fit-plan.ts";
import { hardwareProfile } from "./hardware-profile.ts";
import { modelProfile } from "./model-profile.ts";
import {
  amount,
  bytes,
  count,
  estimate,
  positiveCount,
  sourcedNumber,
  text,
} from "./primitives.ts";

/** {@link Workload}. */
export const workload: Validator<Workload> = exactly<Workload>()(
  z.strictObject({
    promptTokens: count,
    reasoningTokens: count,
    answerTokens: count,
    contextTokens: positiveCount,
    concurrency: positiveCount,
  }),
);

const cloudOffer = exactly<CloudOffer>()(
  z.strictObject({
    provider: text,
    model: text,
    inputUsdPerMillionTokens: amount,
    outputUsdPerMillionTokens: amount,
    contextTokens: z.nullable(count),
    maxOutputTokens: z.nullable(count),
    usdPerAnswer: amount,
    holdsWorkload: z.boolean(),
    source: text,
    unverified: z.boolean(),
  }),
);

const recommendation = exactly<Recommendation>()(
  z.strictObject({
    target: z.enum(["local", "cloud", "either", "none"]),
    reasons: z.array(text),
  }),
);

const relativeModel = exactly<RelativeModel>()(
  z.strictObject({
    id: text,
    quantization: text,
    contextTokens: positiveCount,
    decodeTokensPerSecond: estimate,
    totalBytes: bytes,
  }),
);

/** {@link CheckReport}: what `check --json` prints. */
export const checkReport: Validator<CheckReport> = exactly<CheckReport>()(
  z.strictObject({
    schemaVersion: z.literal(1),
    hardware: hardwareProfile,
    model: modelProfile,
    workload,
    fits: z.boolean(),
    usable: z.boolean(),
    choice: z.nullable(fitPlan),
    plans: z.array(fitPlan),
    shortfall: z.nullable(shortfall),
    relative: z.nullable(relativeModel),
    cloud: z.array(cloudOffer),
    recommendation,
  }),
);

/** {@link MemoryReport}: what `estimate --json` prints. */
export const memoryReport: Validator<MemoryReport> = exactly<MemoryReport>()(
  z.strictObject({
    devices: z.array(
      z.strictObject({
        device: text,
        weightsBytes: bytes,
        repackedBytes: bytes,
        kvCacheBytes: bytes,
        computeBytes: bytes,
        outputBytes: bytes,
        totalBytes: bytes,
      }),
    ),
    totalBytes: bytes,
  }),
);

const comparedCase = exactly<ComparedCase>()(
  z.strictObject({
    model: text,
    hardware: text,
    priceUsd: z.nullable(sourcedNumber),
    priceCny: z.nullable(sourcedNumber),
    fits: z.boolean(),
    usable: z.boolean(),
    choice: z.nullable(fitPlan),
    shortfall: z.nullable(shortfall),
    relative: z.nullable(relativeModel),
    usdPerTokenPerSecond: z.nullable(amount),
  }),
);

/** {@link Comparison}: what `compare --json` and `plan --reverse --json` print. */
export const comparison: Validator<Comparison> = exactly<Comparison>()(
  z.strictObject({ schemaVersion: z.literal(1), workload, cases: z.array(comparedCase) }),
);
