export type { Validator } from "./exactly.ts";
export { validate } from "./validate.ts";
export { estimate, sourcedNumber } from "./primitives.ts";
export { hardwareProfile } from "./hardware-profile.ts";
export { modelProfile } from "./model-profile.ts";
export { fitPlan, shortfall } from "./fit-plan.ts";
export { checkReport, memoryReport, workload } from "./check-report.ts";
export { measurement } from "./measurement.ts";
export { catalog, hardwareEntry, instancePrice, modelEntry, tokenPrice } from "./catalog.ts";
