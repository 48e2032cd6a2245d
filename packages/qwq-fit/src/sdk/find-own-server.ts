import type { Target } from "@qwq-fit/client";
import { listServers } from "@qwq-fit/engine";
import type { NodeReport, ServerState } from "@qwq-fit/schema";
import { askLoopback } from "./ask-loopback.ts";
import { isServedAs, namesOf } from "./served-name.ts";

/** A server of ours that has the model, as it is now. */
export interface OwnServer {
  readonly state: ServerState;
  /** What `/health` says: "ready", "loading", …. */
  readonly phase: string;
  /** Why the last load failed; null where none did. */
  readonly failure: string | null;
  readonly target: Target;
}

/** How a found server is to be recognised. */
export interface WantedServer {
  readonly stateDir: string;
  readonly model: string;
  /** The process that was started for it, where there is one: it may call the model otherwise. */
  readonly pid?: number | undefined;
}

/** The running server of the model that proved its token, or null. */
export async function findOwnServer(wanted: WantedServer): Promise<OwnServer | null> {
  const { stateDir, model, pid } = wanted;
  for (const { state, status, phase } of await listServers(stateDir)) {
    if (status !== "running") continue;
    // One of few servers; the first that has the model ends the search.
    // oxlint-disable-next-line no-await-in-loop
    const value = await askLoopback(`${state.baseUrl}/node`, state.token);
    if (!isReport(value)) continue;
    const { node } = value;
    if (state.pid !== pid && !isServedAs(model, [state.model, ...namesOf(node)])) continue;
    const [first] = node.models;
    const served = first?.id ?? state.model;
    const models =
      first === undefined
        ? [model]
        : [{ ...first, id: model, aliases: [served, ...first.aliases] }];
    return {
      state,
      phase: phase ?? value.state.phase,
      failure: value.state.lastFailure,
      target: {
        name: "local",
        // What the state file says, which proved its token; not what the server says of itself.
        baseUrl: state.baseUrl,
        apiKey: state.token,
        // Whoever else may reach the server, what is sent to loopback stays here.
        privacy: LOOPBACK.test(state.baseUrl) ? "device" : node.privacy,
        engine: node.engine,
        models,
        model: served,
        slots: node.slots,
        capabilities: node.capabilities,
        performance: node.performance.map((row) => ({ ...row, model })),
      },
    };
  }
  return null;
}

const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost):\d+(\/|$)/u;

/** Enough of a report for what is read of it here; the server proved to be ours. */
function isReport(value: unknown): value is NodeReport {
  if (typeof value !== "object" || value === null || !("node" in value)) return false;
  const { node } = value;
  return (
    typeof node === "object" && node !== null && "models" in node && Array.isArray(node.models)
  );
}
