import {
  type RouterConfig,
  type RouterExtension,
  type RouterPorts,
  sageMakerExtension,
} from "@qwq-fit/router";
import { nodeTunnel } from "./node-tunnel.ts";

/** What the Worker can do beside the router's own, over its bindings. */
export function extensionsOf(
  env: Env,
  config: RouterConfig,
  ports: RouterPorts,
): readonly RouterExtension[] {
  const sageMaker = sageMakerExtension(config, ports);
  return config.join ? [nodeTunnel(env, config, ports), sageMaker] : [sageMaker];
}
