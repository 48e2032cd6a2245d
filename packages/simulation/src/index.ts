export { leastBusy, predictive, roundRobin, servingNodeOf, twoChoices } from "./choosers.ts";
export { createNodeModel } from "./node-model.ts";
export type { JobEvent, NodeModel, NodeUsage } from "./node-types.ts";
export type { NodeView } from "./node-view.ts";
export { createHistogram } from "./histogram.ts";
export type { Histogram } from "./histogram.ts";
export { createRandom } from "./random.ts";
export type { Random } from "./random.ts";
export { routed } from "./routed.ts";
export { holds } from "./service-rates.ts";
export type { Batching, Job, Power, ServiceRates } from "./service-rates.ts";
export { simulate } from "./simulate.ts";
export type {
  Chooser,
  Outcome,
  SimulatedNode,
  SimulationEnd,
  SimulationInput,
  TraceRequest,
} from "./simulate.ts";
export { createCollector } from "./summary.ts";
export type { Collector, Summary } from "./summary.ts";
export { capacityPerSecond, choosersFor, compareChoosers, FLEETS, traceAt } from "./fleets.ts";
export type { Fleet } from "./fleets.ts";
