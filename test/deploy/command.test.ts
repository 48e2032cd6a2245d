import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KEY, startCloudFormation } from "../support/cloudformation/cloudformation-server.ts";
import type { CloudFormationServer } from "../support/cloudformation/cloudformation-server.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";
import type { Ran } from "../support/run-command.ts";

let server: CloudFormationServer;
let home: string;
beforeEach(async () => {
  server = await startCloudFormation();
  home = mkdtempSync(join(tmpdir(), "qwq-fit-home-"));
});
afterEach(async () => {
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

const credentials = {
  AWS_ACCESS_KEY_ID: KEY.id,
  AWS_SECRET_ACCESS_KEY: KEY.secret,
  AWS_REGION: "us-east-1",
};
const run = (...args: string[]): Promise<Ran> =>
  runCommand(args, {
    cwd: home,
    env: {
      ...credentials,
      HOME: home,
      AWS_ENDPOINT_URL_CLOUDFORMATION: server.url,
      QWQ_FIT_POLL_MS: "1",
    },
  });

const hasBoto = ((): boolean => {
  try {
    execFileSync("python3", ["-c", "import boto3"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!isBuilt)("the built command", { timeout: 120_000 }, () => {
  test("deploys an endpoint, finds it as wanted, and removes it", async () => {
    const first = await run(
      "deploy",
      "sagemaker",
      "--confirm",
      "qwq-fit-qwq-32b",
      "--email",
      "a@b.example",
    );
    expect(first.err + first.out).toContain("Deployed.");
    expect(first.code).toBe(0);
    const stack = server.stacks.find("qwq-fit-qwq-32b");
    expect(stack?.parameters).toMatchObject({ EndpointName: "qwq-32b", AlarmEmail: "a@b.example" });

    const again = await run(
      "deploy",
      "sagemaker",
      "--confirm",
      "qwq-fit-qwq-32b",
      "--email",
      "a@b.example",
      "--json",
    );
    const lines = again.out.trim().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({
      event: "unchanged",
      status: "CREATE_COMPLETE",
    });

    const gone = await run("destroy", "sagemaker", "--confirm", "qwq-fit-qwq-32b");
    expect(gone.code).toBe(0);
    expect(server.stacks.find("qwq-fit-qwq-32b")).toBeUndefined();
  });

  test("asks nothing of CloudFormation where nobody agrees", async () => {
    const nobody = await run("deploy", "sagemaker");
    expect(nobody.code).toBe(2);
    expect(nobody.err).toContain("--confirm qwq-fit-qwq-32b");
    const other = await run("deploy", "sagemaker", "--confirm", "qwq-fit-other");
    expect(other.code).toBe(2);
    expect(server.actions.filter((action) => !action.startsWith("Describe"))).toEqual([]);
  });

  test("a dry run prints exactly what a run sends", async () => {
    const dry = await run("deploy", "sagemaker", "--dry-run", "--json");
    expect(server.actions).toEqual([]);
    expect(existsSync(join(home, ".local"))).toBe(false);
    const { calls, resources, parameters } = JSON.parse(dry.out) as {
      calls: { action: string; input: { TemplateBody?: string } }[];
      resources: { type: string }[];
      parameters: Record<string, string>;
    };
    const ran = await run("deploy", "sagemaker", "--confirm", "qwq-fit-qwq-32b");
    expect(ran.code).toBe(0);
    expect([...new Set(server.actions)].toSorted()).toEqual(
      calls.map(({ action }) => action).toSorted(),
    );
    const stack = server.stacks.find("qwq-fit-qwq-32b");
    expect(stack?.parameters).toEqual(parameters);
    expect(stack?.body).toBe(
      calls.find(({ action }) => action === "CreateChangeSet")?.input.TemplateBody,
    );
    expect(resources.map(({ type }) => type)).toContain("AWS::SageMaker::InferenceComponent");
  });

  test("says what it can deploy where that is not named, or not known", async () => {
    const [none, wrong] = await Promise.all([run("deploy"), run("destroy", "sagmaker")]);
    expect([none.code, wrong.code]).toEqual([2, 2]);
    expect(none.err).toContain("sagemaker, router, ci");
    expect(wrong.err).toContain("Did you mean sagemaker?");
  });

  test("without credentials it says how to sign in", async () => {
    const { code, err } = await runCommand(
      ["deploy", "ci", "--repository", "a/b", "--confirm", "qwq-fit-ci"],
      {
        cwd: home,
        env: {
          HOME: home,
          AWS_ENDPOINT_URL_CLOUDFORMATION: server.url,
          AWS_EC2_METADATA_DISABLED: "true",
        },
      },
    );
    expect(code).toBe(1);
    expect(err).toContain("aws sso login");
  });
});

test.skipIf(!hasBoto)(
  "the server is understood by boto3 (skipped where Python has none)",
  { timeout: 120_000 },
  async () => {
    const program = `
import boto3, json
from botocore.config import Config
client = boto3.client("cloudformation", endpoint_url="${server.url}", region_name="us-east-1", config=Config(retries={"max_attempts": 0}))
body = json.dumps({"Parameters": {"A": {"Type": "String"}}, "Resources": {"R%d" % i: {"Type": "AWS::SNS::Topic"} for i in range(6)}})
client.create_change_set(StackName="qwq-fit-x", ChangeSetName="c1", ChangeSetType="CREATE", TemplateBody=body, ClientToken="t", Parameters=[{"ParameterKey": "A", "ParameterValue": "x & y"}])
client.get_waiter("change_set_create_complete").wait(StackName="qwq-fit-x", ChangeSetName="c1", WaiterConfig={"Delay": 0})
client.execute_change_set(StackName="qwq-fit-x", ChangeSetName="c1", ClientRequestToken="t")
client.get_waiter("stack_create_complete").wait(StackName="qwq-fit-x", WaiterConfig={"Delay": 0})
events = [e["ResourceStatus"] for p in client.get_paginator("describe_stack_events").paginate(StackName="qwq-fit-x") for e in p["StackEvents"]]
try:
    client.describe_stacks(StackName="none")
except client.exceptions.ClientError as error:
    events.append(error.response["Error"]["Code"])
print(json.dumps(events))
`;
    const env = { ...credentials, PATH: process.env["PATH"], HOME: home };
    const { stdout } = await promisify(execFile)("python3", ["-c", program], { env });
    expect(JSON.parse(stdout)).toEqual([
      ...Array.from({ length: 7 }, () => "CREATE_COMPLETE"),
      "CREATE_IN_PROGRESS",
      "ValidationError",
    ]);
  },
);
