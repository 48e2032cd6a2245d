export { estimateSpeed } from "./speed/estimate-speed.ts";
export type { SpeedCoefficients } from "./speed/estimate-speed.ts";
export { buildSpeedInput } from "./speed/speed-input.ts";
export type { SpeedSettings } from "./speed/speed-input.ts";
export type { BytesByType, SpeedDevice, SpeedEstimate, SpeedInput } from "./speed/speed-types.ts";
export { planFit } from "./fit/plan-fit.ts";
export type { Objective, PlanOptions } from "./fit/plan-options.ts";
