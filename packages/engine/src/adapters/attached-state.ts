import type { EngineState } from "../engine.ts";
import type { Gate } from "./gate.ts";

/** The state of an engine that we only send requests to: what passes through us is all that is known. */
export function attachedState(
  gate: Gate,
  slots: number,
  contextTokens: number | null,
  measured: EngineState["measured"],
): EngineState {
  const context = contextTokens ?? 0;
  return {
    phase: gate.closed ? "closed" : gate.full ? "saturated" : "ready",
    slots,
    freeSlots: Math.max(0, slots - gate.running),
    running: gate.running,
    queued: gate.queued,
    queuedPromptTokens: 0,
    kvReservedTokens: gate.running * context,
    kvTotalTokens: slots * context,
    generation: 1,
    crashes: 0,
    loaded: 1,
    measured,
    lastFailure: null,
  };
}
