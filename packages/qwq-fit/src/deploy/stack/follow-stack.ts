import { QwqError } from "@qwq-fit/schema";
import type { StackEvent, StackService, StackState } from "./stack-service.ts";

/** What waiting needs of the world. */
export interface Waiting {
  /** Comes back after a while, or throws when the run is aborted. */
  readonly pause: () => Promise<void>;
  readonly tell: (event: StackEvent) => void;
}

export const inProgress = (status: string): boolean =>
  status.endsWith("_IN_PROGRESS") && status !== "REVIEW_IN_PROGRESS";

/**
 * Waits until a stack comes to rest and tells each event once, oldest first.
 *
 * @returns its last state; null where it is gone.
 */
export async function followStack(
  service: StackService,
  nameOrId: string,
  token: string,
  { pause, tell }: Waiting,
): Promise<StackState | null> {
  const told = new Set<string>();
  for (;;) {
    // the state first: what happens after it is told by the next round, or was told before the stack came to rest
    const stack = await service.describeStack(nameOrId);
    if (stack === null) return null;
    for (const event of await service.events(nameOrId, token)) {
      if (told.has(event.id)) continue;
      told.add(event.id);
      tell(event);
    }
    if (!inProgress(stack.status)) return stack;
    await pause();
  }
}

/** Whether a stack at rest is as it was wanted. */
export const isDeployed = (status: string): boolean =>
  status === "CREATE_COMPLETE" || status === "UPDATE_COMPLETE" || status === "IMPORT_COMPLETE";

/** A stack that CloudFormation can only delete. */
export const isDead = (status: string): boolean =>
  /^(?:CREATE_FAILED|ROLLBACK_COMPLETE|ROLLBACK_FAILED|DELETE_FAILED|DELETE_COMPLETE)$/u.test(
    status,
  );

/** The fault of a stack that did not come to be as wanted, with the first reason that CloudFormation gave. */
export function stackFault(stack: StackState, events: readonly StackEvent[]): QwqError {
  const first = events.find(({ status, reason }) => status.endsWith("_FAILED") && reason !== "");
  const why = first === undefined ? stack.reason : `${first.logicalId}: ${first.reason}`;
  return new QwqError(
    "upstream_error",
    `the stack is ${stack.status}${why === "" ? "" : `: ${why}`}`,
    {
      hint: isDead(stack.status)
        ? "`qwq-fit destroy sagemaker` removes what is left; then deploy again."
        : "The stack is as it was before; mend the reason and deploy again.",
    },
  );
}
