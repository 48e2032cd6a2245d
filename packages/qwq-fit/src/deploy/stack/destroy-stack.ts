import type { DeploymentState, StateStore } from "./deployment-state.ts";
import { followStack, inProgress, stackFault } from "./follow-stack.ts";
import type { Waiting } from "./follow-stack.ts";
import type { StackEvent, StackService, StackState } from "./stack-service.ts";

/** What removing needs beside the service. */
export interface DestroyTools extends Waiting {
  readonly service: StackService;
  readonly store: StateStore;
  /** Asks a person, with the stack that is there. */
  readonly agree: (stack: StackState) => Promise<boolean>;
  readonly newId: () => string;
  readonly say: (text: string) => void;
}

/** How it ended. */
export type Destroyed = "absent" | "declined" | "destroyed";

/**
 * Removes a stack and all that it made. An interrupted removal goes on without another question.
 *
 * @throws {QwqError} `upstream_error` where something could not be removed, and what the service throws.
 */
export async function destroyStack(
  { region, stackName, roleArn }: { region: string; stackName: string; roleArn: string | null },
  tools: DestroyTools,
): Promise<Destroyed> {
  const { service, store, say, newId } = tools;
  const kept = await store.read();
  const known = kept?.kind === "destroy" ? kept : null;
  const stack = await service.describeStack(known?.stackId ?? stackName);
  if (stack === null || stack.status === "DELETE_COMPLETE") {
    await store.clear();
    return known === null ? "absent" : "destroyed";
  }
  if (stack.status === "DELETE_IN_PROGRESS" && known !== null) return finish(known, tools);
  if (inProgress(stack.status)) {
    say(`${stackName} is ${stack.status}; waiting for it.`);
    await followStack(service, stack.id, "", tools);
    return destroyStack({ region, stackName, roleArn }, tools);
  }
  if (known === null && !(await tools.agree(stack))) return "declined";
  const state: DeploymentState = known ?? {
    schemaVersion: 1,
    region,
    stackName,
    kind: "destroy",
    wish: "",
    changeSetName: "",
    token: `qwq-fit-${newId()}`,
    phase: "agreed",
    stackId: stack.id,
  };
  await store.write(state);
  await service.deleteStack(stackName, state.token, roleArn);
  return finish(state, tools);
}

async function finish(state: DeploymentState, tools: DestroyTools): Promise<Destroyed> {
  const events: StackEvent[] = [];
  const tell = (event: StackEvent): void => {
    events.push(event);
    tools.tell(event);
  };
  const id = state.stackId ?? state.stackName;
  const stack = await followStack(tools.service, id, state.token, { ...tools, tell });
  await tools.store.clear();
  if (stack !== null && stack.status !== "DELETE_COMPLETE") throw stackFault(stack, events);
  return "destroyed";
}
