import { checkParameters } from "./check-parameters.ts";
import type { Template } from "./check-parameters.ts";
import { type Query, Refusal } from "./query.ts";

/** An event as CloudFormation tells it. */
interface Event {
  readonly EventId: string;
  readonly LogicalResourceId: string;
  readonly ResourceType: string;
  readonly ResourceStatus: string;
  readonly ResourceStatusReason?: string;
  readonly ClientRequestToken: string;
  readonly Timestamp: string;
}

interface ChangeSet {
  readonly name: string;
  readonly kind: string;
  readonly body: string;
  readonly parameters: Readonly<Record<string, string>>;
  status: string;
  execution: string;
  reason: string;
  steps: number;
}

/** A stack of the server. */
export interface Stack {
  readonly name: string;
  readonly id: string;
  status: string;
  reason: string;
  body: string;
  parameters: Readonly<Record<string, string>>;
  readonly events: Event[];
  readonly sets: Map<string, ChangeSet>;
  /** What is still to be told, one at each describing. */
  steps: (() => void)[];
}

/** What makes a run go wrong. */
export interface Troubles {
  /** A logical id that cannot be made, with its reason. */
  readonly failing?: readonly [logicalId: string, reason: string];
}

const NAME = /^[a-zA-Z][-a-zA-Z0-9]{0,127}$/u;
const TOKEN = /^[a-zA-Z0-9][-a-zA-Z0-9]{0,127}$/u;
const ARN = /^arn:aws:iam::\d{12}:role\/.+$/u;

/** CloudFormation's stacks, as far as its documentation says how they behave. Each describing moves the work one step on. */
export class Stacks {
  readonly all: Stack[] = [];
  private readonly troubles: Troubles;
  private count = 0;

  constructor(troubles: Troubles) {
    this.troubles = troubles;
  }

  find(nameOrId: string): Stack | undefined {
    return this.all.findLast(
      ({ name, id, status }) =>
        id === nameOrId || (name === nameOrId && status !== "DELETE_COMPLETE"),
    );
  }

  must(nameOrId: string): Stack {
    const stack = this.find(nameOrId);
    if (stack === undefined) {
      throw new Refusal("ValidationError", `Stack with id ${nameOrId} does not exist`);
    }
    return stack;
  }

  createChangeSet(query: Query): { stack: Stack; set: ChangeSet } {
    const name = query.must("StackName", NAME);
    const setName = query.must("ChangeSetName", NAME);
    const kind = query.must("ChangeSetType", /^(?:CREATE|UPDATE)$/u);
    const body = query.must("TemplateBody", /^[\s\S]{1,51200}$/u);
    query.must("ClientToken", TOKEN);
    if (query.text("RoleARN") !== null) query.must("RoleARN", ARN);
    const told = Object.fromEntries(query.members("Parameters", "ParameterKey", "ParameterValue"));
    const capabilities = query.members("Capabilities", "", "").map(([one]) => one);
    query.members("Tags", "Key", "Value");
    query.finish();
    const template = JSON.parse(body) as Template;
    checkParameters(template, told);
    const types = Object.values(template.Resources).map(({ Type }) => Type);
    if (types.includes("AWS::IAM::Role") && !capabilities.includes("CAPABILITY_IAM")) {
      throw new Refusal(
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_IAM]",
      );
    }
    const before = this.find(name);
    const reviewed = before === undefined || before.status === "REVIEW_IN_PROGRESS";
    if (reviewed !== (kind === "CREATE")) {
      throw new Refusal(
        "ValidationError",
        `Stack [${name}] already exists and cannot be created again`,
      );
    }
    const stack = before ?? this.add(name);
    if (stack.sets.has(setName)) {
      throw new Refusal("AlreadyExistsException", `ChangeSet ${setName} cannot be created`);
    }
    const same =
      stack.body === body && JSON.stringify(stack.parameters) === JSON.stringify(told) && !reviewed;
    const set: ChangeSet = {
      name: setName,
      kind,
      body,
      parameters: told,
      status: "CREATE_PENDING",
      execution: "UNAVAILABLE",
      reason: same
        ? "The submitted information didn't contain changes. Submit different information to create a change set."
        : "",
      steps: 2,
    };
    stack.sets.set(setName, set);
    return { stack, set };
  }

  changeSet(stack: Stack, name: string): ChangeSet {
    const set = stack.sets.get(name.startsWith("arn:") ? (name.split("/")[1] ?? "") : name);
    if (set === undefined)
      throw new Refusal("ChangeSetNotFound", `ChangeSet [${name}] does not exist`, 404);
    set.steps -= 1;
    if (set.steps === 0) {
      set.status = set.reason === "" ? "CREATE_COMPLETE" : "FAILED";
      set.execution = set.reason === "" ? "AVAILABLE" : "UNAVAILABLE";
    }
    return set;
  }

  execute(stack: Stack, name: string, token: string): void {
    const set = this.changeSet(stack, name);
    if (set.execution !== "AVAILABLE") {
      throw new Refusal(
        "InvalidChangeSetStatus",
        `ChangeSet [${name}] cannot be executed in its current status`,
      );
    }
    stack.sets.clear();
    const verb = set.kind === "CREATE" ? "CREATE" : "UPDATE";
    stack.status = `${verb}_IN_PROGRESS`;
    stack.body = set.body;
    stack.parameters = set.parameters;
    this.tell(stack, stack.name, "AWS::CloudFormation::Stack", `${verb}_IN_PROGRESS`, token);
    const { Resources } = JSON.parse(set.body) as Template;
    const [bad, why] = this.troubles.failing ?? [];
    stack.steps = Object.entries(Resources).map(([id, { Type }]) => () => {
      if (id === bad) {
        this.tell(stack, id, Type, `${verb}_FAILED`, token, why);
        stack.status = verb === "CREATE" ? "ROLLBACK_IN_PROGRESS" : "UPDATE_ROLLBACK_IN_PROGRESS";
        stack.steps = [
          () =>
            this.rest(
              stack,
              verb === "CREATE" ? "ROLLBACK_COMPLETE" : "UPDATE_ROLLBACK_COMPLETE",
              token,
            ),
        ];
      } else this.tell(stack, id, Type, `${verb}_COMPLETE`, token);
    });
    stack.steps.push(() => this.rest(stack, `${verb}_COMPLETE`, token));
  }

  remove(stack: Stack, token: string): void {
    stack.status = "DELETE_IN_PROGRESS";
    this.tell(stack, stack.name, "AWS::CloudFormation::Stack", "DELETE_IN_PROGRESS", token);
    const { Resources } = JSON.parse(
      stack.body === "" ? '{"Resources":{}}' : stack.body,
    ) as Template;
    stack.steps = Object.entries(Resources).map(
      ([id, { Type }]) =>
        () =>
          this.tell(stack, id, Type, "DELETE_COMPLETE", token),
    );
    stack.steps.push(() => this.rest(stack, "DELETE_COMPLETE", token));
  }

  private rest(stack: Stack, status: string, token: string): void {
    stack.status = status;
    this.tell(stack, stack.name, "AWS::CloudFormation::Stack", status, token);
  }

  private add(name: string): Stack {
    this.count += 1;
    const id = `arn:aws:cloudformation:us-east-1:123456789012:stack/${name}/${this.count}`;
    const stack: Stack = {
      name,
      id,
      status: "REVIEW_IN_PROGRESS",
      reason: "",
      body: "",
      parameters: {},
      events: [],
      sets: new Map(),
      steps: [],
    };
    this.all.push(stack);
    return stack;
  }

  private tell(
    stack: Stack,
    id: string,
    type: string,
    status: string,
    token: string,
    why?: string,
  ): void {
    stack.events.push({
      EventId: `${stack.id}-${stack.events.length}`,
      LogicalResourceId: id,
      ResourceType: type,
      ResourceStatus: status,
      ClientRequestToken: token,
      Timestamp: "2026-11-23T12:00:00Z",
      ...(why === undefined ? {} : { ResourceStatusReason: why }),
    });
  }
}
