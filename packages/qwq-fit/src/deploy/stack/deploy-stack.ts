import { QwqError } from "@qwq-fit/schema";
import type { DeploymentState, StateStore } from "./deployment-state.ts";
import { followStack, inProgress, isDead, isDeployed, stackFault } from "./follow-stack.ts";
import type { Waiting } from "./follow-stack.ts";
import type {
  ChangeSet,
  ResourceChange,
  StackEvent,
  StackService,
  StackState,
} from "./stack-service.ts";

/** What is wanted. */
export interface StackWish {
  readonly region: string;
  readonly stackName: string;
  readonly body: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly needsIam: boolean;
  readonly roleArn: string | null;
  /** Hash of all of the above. */
  readonly hash: string;
}

/** What a deployment needs beside the service. */
export interface DeployTools extends Waiting {
  readonly service: StackService;
  readonly store: StateStore;
  /** Asks a person, with what would be changed where a stack is there already. False: nothing is done. */
  readonly agree: (changes: readonly ResourceChange[]) => Promise<boolean>;
  readonly newId: () => string;
  readonly say: (text: string) => void;
}

/** How it ended. */
export type Deployed =
  | { readonly kind: "declined" }
  | { readonly kind: "unchanged" | "deployed"; readonly stack: StackState };

/**
 * Brings a stack to what is wanted, by a change set. What was interrupted goes on: a change set that was agreed to is
 * taken up, a stack that CloudFormation is working at is waited for. Nothing is made before a person agreed.
 *
 * @throws {QwqError} `upstream_error` where the stack did not come to be, `invalid_configuration` where it must be removed
 *   first, and what the service throws.
 */
export async function deployStack(wish: StackWish, tools: DeployTools): Promise<Deployed> {
  const { service, store, say } = tools;
  const { stackName } = wish;
  const kept = await store.read();
  const known = kept?.kind === "deploy" && kept.wish === wish.hash ? kept : null;
  const stack = await service.describeStack(stackName);
  if (stack !== null && inProgress(stack.status)) {
    say(`${stackName} is ${stack.status}; waiting for it.`);
    if (known?.phase === "executed") return finish(known, tools);
    await followStack(service, stackName, "", tools);
    return deployStack(wish, tools);
  }
  if (stack !== null && isDead(stack.status)) {
    throw new QwqError("invalid_configuration", `${stackName} is ${stack.status}`, {
      hint: "`qwq-fit destroy sagemaker` removes it; then deploy again.",
    });
  }
  const isNew = stack === null || stack.status === "REVIEW_IN_PROGRESS";
  if (known?.phase === "executed" && !isNew) {
    // it was cut off about the moment of executing: if that happened, the set is executed, or gone
    const set = await service.describeChangeSet(stackName, known.changeSetName);
    if (set?.executionStatus !== "AVAILABLE") return finish(known, tools);
  }
  // of a new stack the template says all; of one that is there, only the change set does
  if (known === null && isNew && !(await tools.agree([]))) return { kind: "declined" };
  const state = known ?? newState(wish, tools);
  if (isNew) await store.write(state);
  const set = await readyChangeSet(wish, state, isNew, tools);
  if (set === null) {
    await store.clear();
    if (stack === null)
      throw new QwqError("upstream_error", "CloudFormation found nothing to make");
    return { kind: "unchanged", stack };
  }
  if (!isNew && known === null && !(await tools.agree(set.changes))) {
    await service.deleteChangeSet(stackName, set.id);
    return { kind: "declined" };
  }
  await store.write({ ...state, phase: "executed" });
  await service.executeChangeSet(stackName, set.id, state.token);
  return finish(state, tools);
}

const newState = (
  { region, stackName, hash }: StackWish,
  { newId }: DeployTools,
): DeploymentState => ({
  schemaVersion: 1,
  region,
  stackName,
  kind: "deploy",
  wish: hash,
  // a letter first, as CloudFormation wants it
  changeSetName: `qwq-fit-${newId()}`,
  token: `qwq-fit-${newId()}`,
  phase: "agreed",
  stackId: null,
});

/** The change set, made or taken up, when it can be executed; null where it would change nothing. */
async function readyChangeSet(
  wish: StackWish,
  { changeSetName, token }: DeploymentState,
  isNew: boolean,
  { service, pause }: DeployTools,
): Promise<ChangeSet | null> {
  const { stackName, body, parameters, needsIam, roleArn } = wish;
  const kind = isNew ? "CREATE" : "UPDATE";
  const asked = {
    stackName,
    changeSetName,
    kind,
    body,
    parameters,
    needsIam,
    token,
    roleArn,
  } as const;
  if ((await service.describeChangeSet(stackName, changeSetName)) === null) {
    await service.createChangeSet(asked);
  }
  for (;;) {
    const set = await service.describeChangeSet(stackName, changeSetName);
    if (set?.status === "CREATE_COMPLETE") return set;
    if (set?.status === "FAILED") {
      await service.deleteChangeSet(stackName, changeSetName);
      // CloudFormation has no code for it, only these words
      if (/didn't contain changes|No updates are to be performed/u.test(set.reason)) return null;
      throw new QwqError("upstream_error", `CloudFormation refused the change: ${set.reason}`);
    }
    await pause();
  }
}

async function finish(state: DeploymentState, tools: DeployTools): Promise<Deployed> {
  const { service, store } = tools;
  const events: StackEvent[] = [];
  const tell = (event: StackEvent): void => {
    events.push(event);
    tools.tell(event);
  };
  const stack = await followStack(service, state.stackName, state.token, { ...tools, tell });
  await store.clear();
  if (stack === null) throw new QwqError("upstream_error", `${state.stackName} is gone`);
  if (!isDeployed(stack.status)) throw stackFault(stack, events);
  return { kind: "deployed", stack };
}
