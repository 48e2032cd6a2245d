export { leastBusy, predictive, roundRobin, servingNodeOf, twoChoices } from "./choosers.ts";
export { createNodeModel } from "./node-model.ts";
export type { Job, JobEvent, NodeModel, ServiceRates } from "./node-model.ts";
export { createRandom } from "./random.ts";
export type { Random } from "./random.ts";
export { simulate } from "./simulate.ts";
export type {
  Chooser,
  NodeView,
  Outcome,
  SimulatedNode,
  SimulationInput,
  TraceRequest,
} from "./simulate.ts";
export { createCollector } from "./summary.ts";
export type { Collector, Summary } from "./summary.ts";
export { capacityPerSecond, choosersFor, compareChoosers, FLEETS, traceAt } from "./fleets.ts";
export type { Fleet } from "./fleets.ts";
