export { describeRequest } from "./describe-request.ts";
export { privacyAllows } from "./eligibility.ts";
export { fade, learn, NOTHING_LEARNT } from "./learn.ts";
export type { Observation } from "./learn.ts";
export { USD_PER_HOUR_OF_WAITING } from "./score.ts";
export { selectNode } from "./select-node.ts";
export type { SelectOptions } from "./select-node.ts";
