import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Query, Refusal, answer, fault } from "./query.ts";
import { refusedSignature } from "./signature.ts";
import type { Key } from "./signature.ts";
import { Stacks } from "./stacks.ts";
import type { Stack, Troubles } from "./stacks.ts";

/** The credentials that the server knows. */
export const KEY: Key = { id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const REGION = "us-east-1";
/** Events and changes come in pages of so many. */
const PAGE = 4;

export interface CloudFormationServer {
  readonly url: string;
  readonly stacks: Stacks;
  /** Actions that were answered or refused, in their order. */
  readonly actions: string[];
  /** Cuts the connection at the next request of this action, `before` it is done or `after`. */
  cut: (action: string, when: "before" | "after") => void;
  /** Refuses the next request of this action. */
  refuse: (action: string, code: string, message: string, status?: number) => void;
  readonly close: () => Promise<void>;
}

interface Plan {
  readonly action: string;
  readonly when: "before" | "after" | "refuse";
  readonly refusal?: Refusal;
}

/** CloudFormation on loopback: its Query protocol, checked strictly, with signatures, pages and the states of stacks. */
export async function startCloudFormation(troubles: Troubles = {}): Promise<CloudFormationServer> {
  const stacks = new Stacks(troubles);
  const actions: string[] = [];
  const plans: Plan[] = [];
  const server = createServer((request, response) => {
    void handle(request, response);
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const send = (status: number, text: string): void => {
      response.writeHead(status, { "content-type": "text/xml" }).end(text);
    };
    try {
      const type = request.headers["content-type"] ?? "";
      if (
        request.method !== "POST" ||
        request.url !== "/" ||
        !type.startsWith("application/x-www-form-urlencoded")
      ) {
        throw new Refusal("InvalidAction", "not a Query request");
      }
      const query = new Query(body);
      actions.push(query.action);
      const refused = refusedSignature(request, body, KEY, REGION);
      if (refused !== null) throw new Refusal(refused, "The security token is invalid.", 403);
      const index = plans.findIndex(({ action }) => action === query.action);
      const [plan] = index === -1 ? [] : plans.splice(index, 1);
      if (plan?.when === "before") return void request.socket.destroy();
      if (plan?.refusal !== undefined) throw plan.refusal;
      try {
        const text = answer(query.action, act(query, stacks));
        if (plan?.when !== "after") send(200, text);
      } finally {
        if (plan?.when === "after") request.socket.destroy();
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      send(error.status, fault(error.code, error.message));
    }
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stacks,
    actions,
    cut: (action, when) => void plans.push({ action, when }),
    refuse: (action, code, message, status) =>
      void plans.push({ action, when: "refuse", refusal: new Refusal(code, message, status) }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const ANY = /^[\s\S]+$/u;

function act(query: Query, stacks: Stacks): unknown {
  if (query.action === "CreateChangeSet") {
    const { stack, set } = stacks.createChangeSet(query);
    return { Id: idOf(stack, set.name), StackId: stack.id };
  }
  const stackName = query.must("StackName", ANY);
  if (query.action === "DescribeStacks") {
    query.finish();
    const stack = stacks.must(stackName);
    stack.steps.shift()?.();
    return { Stacks: [describe(stack)] };
  }
  if (query.action === "DescribeStackEvents") {
    const token = query.text("NextToken");
    query.finish();
    const newest = stacks.must(stackName).events.toReversed();
    const { page, next } = pageOf(newest, token);
    return { StackEvents: page, NextToken: next };
  }
  if (query.action === "DeleteStack") {
    const token = query.must("ClientRequestToken", ANY);
    query.text("RoleARN");
    query.finish();
    const stack = stacks.find(stackName);
    if (stack !== undefined) stacks.remove(stack, token);
    return {};
  }
  const stack = stacks.must(stackName);
  const name = query.must("ChangeSetName", ANY);
  if (query.action === "ExecuteChangeSet") {
    const token = query.must("ClientRequestToken", ANY);
    query.finish();
    stacks.execute(stack, name, token);
    return {};
  }
  if (query.action === "DeleteChangeSet") {
    query.finish();
    stack.sets.delete(stacks.changeSet(stack, name).name);
    return {};
  }
  if (query.action !== "DescribeChangeSet") throw new Refusal("InvalidAction", query.action);
  const next = query.text("NextToken");
  query.finish();
  const set = stacks.changeSet(stack, name);
  const { Resources } = JSON.parse(set.body) as { Resources: Record<string, { Type: string }> };
  const changes = Object.entries(Resources).map(([id, { Type }]) => ({
    Type: "Resource",
    ResourceChange: {
      Action: set.kind === "CREATE" ? "Add" : "Modify",
      LogicalResourceId: id,
      ResourceType: Type,
      ...(set.kind === "CREATE" ? {} : { Replacement: "False" }),
    },
  }));
  const { page, next: after } = pageOf(changes, next);
  return {
    ChangeSetId: idOf(stack, set.name),
    ChangeSetName: set.name,
    Status: set.status,
    ExecutionStatus: set.execution,
    StatusReason: set.reason === "" ? undefined : set.reason,
    Changes: page,
    NextToken: after,
  };
}

const idOf = (stack: Stack, name: string): string =>
  `arn:aws:cloudformation:us-east-1:123456789012:changeSet/${name}/${stack.id.split("/").at(-1) ?? ""}`;

const describe = (stack: Stack): object => ({
  StackId: stack.id,
  StackName: stack.name,
  CreationTime: "2026-11-23T12:00:00Z",
  StackStatus: stack.status,
  Outputs:
    stack.status.endsWith("_COMPLETE") && stack.body !== ""
      ? Object.keys((JSON.parse(stack.body) as { Outputs?: object }).Outputs ?? {}).map((key) => ({
          OutputKey: key,
          OutputValue: `value of ${key} & more`,
        }))
      : [],
});

function pageOf<Item>(
  all: readonly Item[],
  token: string | null,
): { page: Item[]; next: string | undefined } {
  const from = token === null ? 0 : Number(token);
  const next = from + PAGE < all.length ? String(from + PAGE) : undefined;
  return { page: all.slice(from, from + PAGE), next };
}
