import { dialNode, isDial } from "./node-tunnel.ts";
import { nativeStream } from "./native-stream.ts";
import { readyRouter, secretOf, sharedRouter } from "./shared-router.ts";

export { Answer } from "./answer-object.ts";
export { Ledger } from "./ledger.ts";
export { Session } from "./session-object.ts";
export { NodeObject } from "./node-object.ts";
export { NodeRegistry } from "./node-registry.ts";

export default {
  async fetch(request, env, ctx) {
    const waitUntil = (work: Promise<unknown>): void => ctx.waitUntil(work);
    if (isDial(request)) {
      const { config } = sharedRouter(env, waitUntil);
      return dialNode(request, env, config, secretOf(env));
    }
    // Thirty seconds behind a caller that left: enough to notice, to end the node's work and to settle the counts.
    const router = await readyRouter(env, waitUntil);
    return router.fetch(request, {
      waitUntil,
      stream: (answer, headers) =>
        nativeStream(answer, headers, router.config.limits.keepAliveMs, waitUntil),
    });
  },
} satisfies ExportedHandler<Env>;
