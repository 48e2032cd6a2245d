import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { QwqError } from "@qwq-fit/schema";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  STACK,
  deploy,
  deployRole,
  destroy,
  openBench,
  startRun,
} from "../support/cloudformation/bench.ts";
import type { Bench, Run } from "../support/cloudformation/bench.ts";
import { startCloudFormation } from "../support/cloudformation/cloudformation-server.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());
const newRun = (agrees: boolean = true, secret?: string): Run => startRun(bench, agrees, secret);
const writes = (): string[] =>
  bench.server.actions.filter((action) => !action.startsWith("Describe"));

describe("a deployment", () => {
  test("asks, makes a change set, executes it, and tells every event once", async () => {
    const run = newRun();
    const result = await deploy(run);
    expect(result.kind).toBe("deployed");
    expect(result).toHaveProperty("stack.outputs.DeployRoleArn", "value of DeployRoleArn & more");
    expect(writes()).toEqual(["CreateChangeSet", "ExecuteChangeSet"]);
    const events = bench.server.stacks.all[0]?.events.map(
      ({ LogicalResourceId, ResourceStatus }) => `${LogicalResourceId} ${ResourceStatus}`,
    );
    expect(run.told).toEqual(events);
    expect(events?.length).toBeGreaterThan(5);
    expect(run.asked).toEqual([[]]);
    expect(readdirSync(join(bench.folder, "deployments"))).toEqual([]);
  });

  test("makes nothing where a person does not agree", async () => {
    await expect(deploy(newRun(false))).resolves.toEqual({ kind: "declined" });
    expect(writes()).toEqual([]);
    expect(bench.server.stacks.all).toEqual([]);
  });

  test("changes nothing where nothing is to be changed, and does not ask", async () => {
    await deploy(newRun());
    const again = newRun();
    expect(await deploy(again)).toMatchObject({
      kind: "unchanged",
      stack: { status: "CREATE_COMPLETE" },
    });
    expect(again.asked).toEqual([]);
    expect(writes().at(-1)).toBe("DeleteChangeSet");
  });

  test("shows what it would change of a stack that is there, before it does", async () => {
    await deploy(newRun());
    const refused = newRun(false);
    expect(await deploy(refused, "staging")).toEqual({ kind: "declined" });
    expect(refused.asked[0]).toContainEqual({
      action: "Modify",
      logicalId: deployRole,
      type: "AWS::IAM::Role",
      replacement: "False",
    });
    expect(bench.server.stacks.find(STACK)?.parameters["Environment"]).toBe("production");
    expect(await deploy(newRun(), "staging")).toMatchObject({
      kind: "deployed",
      stack: { status: "UPDATE_COMPLETE" },
    });
    expect(bench.server.stacks.find(STACK)?.parameters["Environment"]).toBe("staging");
  });
});

describe("what goes wrong is told as what it is", () => {
  test("a resource that cannot be made: its reason, and how to go on", async () => {
    await bench.server.close();
    bench.server = await startCloudFormation({ failing: [deployRole, "Role quota exceeded"] });
    const fault = await deploy(newRun()).catch((error: unknown) => error);
    expect(QwqError.is(fault, "upstream_error")).toBe(true);
    expect(String(fault)).toContain(`ROLLBACK_COMPLETE: ${deployRole}: Role quota exceeded`);
    await expect(deploy(newRun())).rejects.toMatchObject({
      code: "invalid_configuration",
      hint: expect.stringContaining("qwq-fit destroy") as string,
    });
    expect(await destroy(newRun())).toBe("destroyed");
  });

  test.for([
    ["AccessDenied", 403, "forbidden"],
    ["ExpiredToken", 403, "unauthorized"],
    ["Throttling", 400, "rate_limited"],
    ["InternalFailure", 500, "upstream_error"],
  ] as const)("%s", async ([code, status, ours]) => {
    bench.server.refuse("DescribeStacks", code, "no", status);
    await expect(deploy(newRun())).rejects.toMatchObject({ code: ours });
    expect(writes()).toEqual([]);
  });

  test("a wrong key", async () => {
    await expect(deploy(newRun(true, "another"))).rejects.toMatchObject({ code: "unauthorized" });
  });

  test("a state file that was damaged", async () => {
    mkdirSync(join(bench.folder, "deployments"), { recursive: true });
    writeFileSync(join(bench.folder, "deployments", `us-east-1.${STACK}.json`), "{");
    await expect(deploy(newRun())).rejects.toMatchObject({ code: "invalid_configuration" });
  });
});

describe("a removal", () => {
  test("asks, deletes, and waits until all is gone", async () => {
    await deploy(newRun());
    const run = newRun();
    expect(await destroy(run)).toBe("destroyed");
    expect(run.told.at(-1)).toBe(`${STACK} DELETE_COMPLETE`);
    expect(await destroy(newRun())).toBe("absent");
  });

  test("leaves the stack where a person does not agree", async () => {
    await deploy(newRun());
    expect(await destroy(newRun(false))).toBe("declined");
    expect(bench.server.stacks.find(STACK)?.status).toBe("CREATE_COMPLETE");
  });
});
