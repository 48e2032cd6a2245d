import type { NodeTarget } from "./node-target.ts";
import { renderRay, renderRpc, renderSglang } from "./render-cluster.ts";
import { renderCompose } from "./render-compose.ts";
import { renderLaunchd } from "./render-launchd.ts";
import { renderSophgo } from "./render-sophgo.ts";
import { renderSystemd } from "./render-systemd.ts";
import type { RenderContext, RenderedNode } from "./rendered-node.ts";

/** A plan as the files and commands that make its machines nodes. */
export async function renderNode(
  target: NodeTarget,
  context: RenderContext,
): Promise<RenderedNode> {
  switch (target) {
    case "launchd":
      return renderLaunchd(context);
    case "systemd":
      return renderSystemd(context);
    case "ray":
      return renderRay(context);
    case "sglang":
      return renderSglang(context);
    case "rpc":
      return renderRpc(context);
    case "sophgo":
      return renderSophgo(context);
    default:
      return renderCompose(target, context);
  }
}
