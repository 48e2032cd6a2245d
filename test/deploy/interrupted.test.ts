import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { STACK, deploy, destroy, openBench, startRun } from "../support/cloudformation/bench.ts";
import type { Bench, Run } from "../support/cloudformation/bench.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());
const newRun = (agrees: boolean = true, secret?: string): Run => startRun(bench, agrees, secret);

describe("an interrupted deployment goes on", () => {
  test.for(
    ["CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet", "DescribeStackEvents"].flatMap(
      (action) => (["before", "after"] as const).map((when) => [action, when] as const),
    ),
  )("cut off at %s, %s it was done", async ([action, when]) => {
    bench.server.cut(action, when);
    await expect(deploy(newRun())).rejects.toMatchObject({ code: "network" });
    const second = newRun();
    expect(await deploy(second)).toMatchObject({
      kind: "deployed",
      stack: { status: "CREATE_COMPLETE" },
    });
    // a person agreed once, and everything was made once
    expect(second.asked).toEqual([]);
    const executed = bench.server.stacks.all[0]?.events.filter(
      ({ ResourceStatus }) => ResourceStatus === "CREATE_IN_PROGRESS",
    );
    expect(executed?.length).toBe(1);
    expect(bench.server.stacks.all.length).toBe(1);
  });

  test.for(["before", "after"] as const)(
    "a change of a stack, cut off %s its execution",
    async (when) => {
      await deploy(newRun());
      bench.server.cut("ExecuteChangeSet", when);
      await expect(deploy(newRun(), "staging")).rejects.toMatchObject({ code: "network" });
      const second = newRun();
      expect(await deploy(second, "staging")).toMatchObject({
        kind: "deployed",
        stack: { status: "UPDATE_COMPLETE" },
      });
      expect(second.asked).toEqual([]);
      expect(bench.server.stacks.find(STACK)?.parameters["Environment"]).toBe("staging");
    },
  );

  test("with another wish it asks anew", async () => {
    bench.server.cut("DescribeChangeSet", "before");
    await expect(deploy(newRun())).rejects.toMatchObject({ code: "network" });
    const second = newRun();
    await deploy(second, "staging");
    expect(second.asked.length).toBe(1);
    expect(bench.server.stacks.find(STACK)?.parameters["Environment"]).toBe("staging");
  });

  test.for(["before", "after"] as const)("a removal, cut off %s it was told", async (when) => {
    await deploy(newRun());
    bench.server.cut("DeleteStack", when);
    await expect(destroy(newRun())).rejects.toMatchObject({ code: "network" });
    const second = newRun();
    expect(await destroy(second)).toBe("destroyed");
    expect(second.asked).toEqual([]);
  });
});
