import type { RouterConfig, RouterExtension, RouterPorts } from "@qwq-fit/router";
import { nodeTunnel } from "./node-tunnel.ts";

/** What the Worker can do beside the router's own, over its bindings. */
export function extensionsOf(
  env: Env,
  config: RouterConfig,
  ports: RouterPorts,
): readonly RouterExtension[] {
  return config.join ? [nodeTunnel(env, config, ports)] : [];
}
