import type { StackWish } from "./deploy-stack.ts";

/** A request to CloudFormation that a run would make. */
export interface StackCall {
  readonly action: string;
  readonly text: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** The requests of a run for a stack that is not there yet, in their order; names and tokens are made at random in a run. */
export function stackCalls({
  stackName,
  body,
  parameters,
  needsIam,
  roleArn,
}: StackWish): StackCall[] {
  const StackName = stackName;
  const input = {
    StackName,
    ChangeSetType: "CREATE",
    TemplateBody: body,
    Parameters: parameters,
    Capabilities: needsIam ? ["CAPABILITY_IAM"] : [],
    ...(roleArn === null ? {} : { RoleARN: roleArn }),
  };
  const bytes = new TextEncoder().encode(body).length;
  const call = (
    action: string,
    text: string,
    more: StackCall["input"] = { StackName },
  ): StackCall => ({
    action,
    text: `${action.padEnd(22)}${text}`,
    input: more,
  });
  return [
    call("DescribeStacks", `is ${stackName} there already?`),
    call(
      "CreateChangeSet",
      `the template (${bytes} bytes), ${Object.keys(parameters).length} parameters${needsIam ? ", CAPABILITY_IAM" : ""}`,
      input,
    ),
    call("DescribeChangeSet", "until it is ready"),
    call("ExecuteChangeSet", "makes the resources above"),
    call("DescribeStackEvents", "until all are made"),
  ];
}
