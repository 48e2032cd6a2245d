import type { RetryBudget } from "@qwq-fit/relay";
import type { RouterConfig } from "../config/config.ts";
import type { RouterExtension } from "../extension.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Authenticate } from "../guard/authenticate.ts";
import type { Limiter } from "../guard/limiter.ts";
import type { RouterPorts } from "../ports.ts";
import type { Metrics } from "./metrics.ts";

/** What all routes stand on. */
export interface RouterContext {
  readonly config: RouterConfig;
  readonly ports: RouterPorts;
  readonly fleet: Fleet;
  readonly authenticate: Authenticate;
  readonly extensions: readonly RouterExtension[];
  readonly limiter: Limiter;
  readonly retries: RetryBudget;
  readonly metrics: Metrics;
}
