import { QwqError } from "@qwq-fit/schema";
import type { CloudFormationSdk } from "./load-sdk.ts";
import type { ChangeSet, ResourceChange, StackEvent, StackService } from "./stack-service.ts";

type Client = InstanceType<CloudFormationSdk["CloudFormationClient"]>;

/** What AWS's client throws for credentials and rights (its own, and CloudFormation's common errors). */
const UNAUTHORIZED =
  /^(?:CredentialsProviderError|TokenProviderError|ExpiredToken(?:Exception)?|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|OptInRequired)$/u;
const FORBIDDEN = /^(?:AccessDenied(?:Exception)?|UnauthorizedOperation|NotAuthorized)$/u;
const THROTTLED = /^(?:Throttling(?:Exception)?|RequestLimitExceeded)$/u;

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");
const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

function toFault(error: unknown): QwqError {
  const options = { cause: error };
  const name = nameOf(error);
  if (UNAUTHORIZED.test(name)) {
    return new QwqError(
      "unauthorized",
      `AWS does not know these credentials: ${messageOf(error)}`,
      {
        ...options,
        hint: "Sign in (`aws sso login`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
      },
    );
  }
  if (FORBIDDEN.test(name))
    return new QwqError("forbidden", `AWS refuses: ${messageOf(error)}`, options);
  if (THROTTLED.test(name))
    return new QwqError("rate_limited", "CloudFormation asks for less", options);
  const code =
    typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (/^E[A-Z]+$/u.test(code) || name === "TimeoutError") {
    return new QwqError("network", `CloudFormation cannot be reached: ${code || name}`, options);
  }
  return new QwqError("upstream_error", `CloudFormation: ${messageOf(error)}`, options);
}

/** An answer, or `null` where the error says that there is no such thing. */
async function unless<Result>(
  missing: (error: unknown) => boolean,
  ask: () => Promise<Result>,
): Promise<Result | null> {
  try {
    return await ask();
  } catch (error) {
    if (missing(error)) return null;
    throw toFault(error);
  }
}

const never = (): boolean => false;
const noStack = (error: unknown): boolean =>
  nameOf(error) === "ValidationError" && /does not exist/u.test(messageOf(error));
const noChangeSet = (error: unknown): boolean =>
  /^ChangeSetNotFound(?:Exception)?$/u.test(nameOf(error)) || noStack(error);
const exists = (error: unknown): boolean => /^AlreadyExists(?:Exception)?$/u.test(nameOf(error));

/** {@link StackService} over AWS's client; it speaks CloudFormation's Query protocol and finds credentials as AWS's tools do. */
export function cloudFormationService(sdk: CloudFormationSdk, client: Client): StackService {
  return {
    describeStack: (name) =>
      unless(noStack, async () => {
        const answer = await client.send(new sdk.DescribeStacksCommand({ StackName: name }));
        const [stack] = answer.Stacks ?? [];
        if (stack === undefined) throw new QwqError("protocol_error", "no stack in the answer");
        return {
          id: stack.StackId ?? name,
          status: stack.StackStatus ?? "",
          reason: stack.StackStatusReason ?? "",
          outputs: Object.fromEntries(
            (stack.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [
              OutputKey,
              OutputValue,
            ]),
          ),
        };
      }),
    createChangeSet: (request) =>
      unless(exists, async () => {
        const { Id } = await client.send(
          new sdk.CreateChangeSetCommand({
            StackName: request.stackName,
            ChangeSetName: request.changeSetName,
            ChangeSetType: request.kind,
            TemplateBody: request.body,
            Parameters: Object.entries(request.parameters).map(
              ([ParameterKey, ParameterValue]) => ({
                ParameterKey,
                ParameterValue,
              }),
            ),
            ClientToken: request.token,
            ...(request.needsIam ? { Capabilities: ["CAPABILITY_IAM"] } : {}),
            ...(request.roleArn === null ? {} : { RoleARN: request.roleArn }),
            Tags: [{ Key: "qwq-fit", Value: request.stackName }],
          }),
        );
        return Id ?? request.changeSetName;
      }),
    describeChangeSet: (stackName, name) =>
      unless(noChangeSet, () => describeChangeSet(sdk, client, stackName, name)),
    deleteChangeSet: async (stackName, name) => {
      await unless(noChangeSet, () =>
        client.send(new sdk.DeleteChangeSetCommand({ StackName: stackName, ChangeSetName: name })),
      );
    },
    executeChangeSet: async (stackName, name, token) => {
      const command = new sdk.ExecuteChangeSetCommand({
        StackName: stackName,
        ChangeSetName: name,
        ClientRequestToken: token,
      });
      await unless(never, () => client.send(command));
    },
    events: async (name, token) =>
      (await unless(noStack, () => events(sdk, client, name, token))) ?? [],
    deleteStack: async (stackName, token, roleArn) => {
      const command = new sdk.DeleteStackCommand({
        StackName: stackName,
        ClientRequestToken: token,
        ...(roleArn === null ? {} : { RoleARN: roleArn }),
      });
      await unless(never, () => client.send(command));
    },
  };
}

async function describeChangeSet(
  sdk: CloudFormationSdk,
  client: Client,
  stackName: string,
  name: string,
): Promise<ChangeSet> {
  const changes: ResourceChange[] = [];
  let page: string | undefined;
  for (;;) {
    const answer = await client.send(
      new sdk.DescribeChangeSetCommand({
        StackName: stackName,
        ChangeSetName: name,
        ...(page === undefined ? {} : { NextToken: page }),
      }),
    );
    for (const { ResourceChange: change } of answer.Changes ?? []) {
      changes.push({
        action: change?.Action ?? "",
        logicalId: change?.LogicalResourceId ?? "",
        type: change?.ResourceType ?? "",
        replacement: change?.Replacement ?? null,
      });
    }
    page = answer.NextToken;
    if (page !== undefined) continue;
    return {
      id: answer.ChangeSetId ?? name,
      status: answer.Status ?? "",
      executionStatus: answer.ExecutionStatus ?? "",
      reason: answer.StatusReason ?? "",
      changes,
    };
  }
}

/** CloudFormation tells the newest first, page by page; what is older than the token's first event is not asked for. */
async function events(
  sdk: CloudFormationSdk,
  client: Client,
  name: string,
  token: string,
): Promise<StackEvent[]> {
  const found: StackEvent[] = [];
  let page: string | undefined;
  for (;;) {
    const answer = await client.send(
      new sdk.DescribeStackEventsCommand({
        StackName: name,
        ...(page === undefined ? {} : { NextToken: page }),
      }),
    );
    const all = answer.StackEvents ?? [];
    const ours = all.filter(({ ClientRequestToken }) => ClientRequestToken === token);
    found.push(
      ...ours.map((event) => ({
        id: event.EventId ?? "",
        logicalId: event.LogicalResourceId ?? "",
        type: event.ResourceType ?? "",
        status: event.ResourceStatus ?? "",
        reason: event.ResourceStatusReason ?? "",
        token,
      })),
    );
    page = answer.NextToken;
    if (page === undefined || ours.length < all.length) return found.toReversed();
  }
}
