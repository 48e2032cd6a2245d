export { nodePorts, serveRouter } from "./serve-router.ts";
export type { RunningRouter, ServeRouterOptions } from "./serve-router.ts";
