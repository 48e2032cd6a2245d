export { nodePorts, serveRouter } from "./serve-router.ts";
export { openNodeTunnel } from "./tunnel/node-tunnel.ts";
export type { NodeTunnel, NodeTunnelOptions } from "./tunnel/node-tunnel.ts";
export type { RunningRouter, ServeRouterOptions } from "./serve-router.ts";
