import type { EngineName, KvCacheType, LocalMeasurement, SourcedNumber } from "@qwq-fit/schema";

import type { SpeedCoefficients } from "../speed/estimate-speed.ts";

/** What the best plan is best at. */
export type Objective = "balanced" | "quality" | "speed" | "context";

/** What may be set beside model, hardware and workload. Everything is optional. */
export interface PlanOptions {
  readonly optimize?: Objective;
  /** Decode speed from which a fitting plan is called usable, tokens a second. @default 3 */
  readonly usableTokensPerSecond?: number;
  /** Only these, e.g. `["Q4_K_M"]`. */
  readonly quantizations?: readonly string[];
  /** Only the context asked for, without larger ones beside it. @default false */
  readonly onlyAskedContext?: boolean;
  readonly kvCacheTypes?: readonly KvCacheType[];
  readonly engines?: readonly EngineName[];
  /** Versions that are installed, by engine: "3.22.1". A version that no row knows is marked so. */
  readonly engineVersions?: Readonly<Partial<Record<EngineName, string>>>;
  /** Measurements and rehearsals of this very machine; they stand above any prediction. */
  readonly measurements?: readonly LocalMeasurement[];
  /** Fitted speed coefficients, from profiles/. */
  readonly coefficients?: SpeedCoefficients;
  readonly electricityUsdPerKwh?: SourcedNumber;
}
