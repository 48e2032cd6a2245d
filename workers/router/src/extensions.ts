import type { RouterExtension, RouterPorts } from "@qwq-fit/router";

/** What the Worker can do beside the router's own, over its bindings. */
export function extensionsOf(_env: Env, _ports: RouterPorts): readonly RouterExtension[] {
  return [];
}
