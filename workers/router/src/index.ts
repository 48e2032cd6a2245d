import { sharedRouter } from "./shared-router.ts";

export { Answer } from "./answer-object.ts";
export { Ledger } from "./ledger.ts";

export default {
  fetch(request, env, ctx) {
    const waitUntil = (work: Promise<unknown>): void => ctx.waitUntil(work);
    // Thirty seconds behind a caller that left: enough to notice, to end the node's work and to settle the counts.
    return sharedRouter(env, waitUntil).fetch(request, { waitUntil });
  },
} satisfies ExportedHandler<Env>;
