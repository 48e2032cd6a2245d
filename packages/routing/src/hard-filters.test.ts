import { DEFAULT_POLICY, type Policy, type RequestShape } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { cloud, fastest, names, shape, snapshotOf } from "./fleet.case.ts";
import { selectNode } from "./select-node.ts";

test("how long an answer without a cap may become is no reason to refuse", () => {
  const long = { ...shape, promptTokens: 32_500 };
  expect(names(selectNode(long, [snapshotOf("a")], fastest))).toEqual(["a"]);
});

describe("hard filters fail closed", () => {
  const local: Policy = { ...DEFAULT_POLICY, privacy: "device" };
  const cases: [string, ReturnType<typeof snapshotOf>, Partial<RequestShape>, Policy, string][] = [
    ["another model", snapshotOf("a"), { model: "llama" }, fastest, "model_not_served"],
    ["device only", snapshotOf("a"), {}, local, "privacy"],
    ["a class nobody knows", snapshotOf("a", { privacy: "moon" as never }), {}, fastest, "privacy"],
    [
      "a policy nobody knows",
      snapshotOf("a"),
      {},
      { ...fastest, privacy: "x" as never },
      "privacy",
    ],
    [
      "another region",
      snapshotOf("a", { privacy: "region", region: "us" }),
      {},
      { ...fastest, privacy: "region", regions: ["eu"] },
      "region",
    ],
    [
      "no stated region",
      snapshotOf("a", { privacy: "region" }),
      {},
      { ...fastest, privacy: "region", regions: ["eu"] },
      "region",
    ],
    ["no eyes", snapshotOf("a"), { needs: ["vision"] }, fastest, "capability"],
    ["too long", snapshotOf("a"), { promptTokens: 32_768 }, fastest, "context_too_long"],
    [
      "too long with its cap",
      snapshotOf("a"),
      { promptTokens: 32_500, maxOutputTokens: 500 },
      fastest,
      "context_too_long",
    ],
    [
      "output cap",
      snapshotOf("a", cloud(1)),
      { maxOutputTokens: 9000 },
      fastest,
      "context_too_long",
    ],
    ["down", snapshotOf("a", {}, { state: "down" }), {}, fastest, "down"],
    ["loading", snapshotOf("a", {}, { state: "loading" }), {}, fastest, "loading"],
    ["open", snapshotOf("a", {}, { breaker: "open" }), {}, fastest, "breaker_open"],
    [
      "half open and being tried",
      snapshotOf("a", {}, { breaker: "half-open", inFlight: 1 }),
      {},
      fastest,
      "breaker_open",
    ],
    ["retry later", snapshotOf("a", {}, { retryAfterMs: 5000 }), {}, fastest, "saturated"],
    [
      "too dear",
      snapshotOf("a", cloud(100)),
      {},
      { ...fastest, limits: { ...fastest.limits, maxCostUsd: 0.01 } },
      "too_expensive",
    ],
    [
      "first token too late",
      snapshotOf("a"),
      {},
      { ...fastest, limits: { ...fastest.limits, timeToFirstTokenMs: 1000 } },
      "too_slow",
    ],
    [
      "too few tokens a second",
      snapshotOf("a"),
      {},
      { ...fastest, limits: { ...fastest.limits, minTokensPerSecond: 30 } },
      "too_slow",
    ],
    [
      "past the deadline",
      snapshotOf("a"),
      {},
      { ...fastest, limits: { ...fastest.limits, deadlineMs: 9000 } },
      "deadline",
    ],
  ];
  test.for(cases)("%s", ([, snapshot, change, policy, reason]) => {
    const decision = selectNode({ ...shape, ...change }, [snapshot], policy);
    expect(decision).toMatchObject({ kind: "reject", reason, rejected: [{ node: "a", reason }] });
  });

  test("a node without models takes any; one without a probe is tried", () => {
    const open = snapshotOf("open", { models: [] }, { state: "unknown" });
    expect(names(selectNode({ ...shape, model: "whatever" }, [open], fastest))).toEqual(["open"]);
  });

  test("regions that are allowed, aliases, and an empty fleet", () => {
    const eu = snapshotOf("eu", { privacy: "region", region: "eu" });
    const policy: Policy = { ...fastest, privacy: "region", regions: ["eu"] };
    expect(names(selectNode({ ...shape, model: "Qwen/QwQ-32B" }, [eu], policy))).toEqual(["eu"]);
    expect(selectNode(shape, [], fastest)).toMatchObject({ kind: "reject", reason: "no_nodes" });
  });

  test("the nearest reason and the earliest retry are told", () => {
    const fleet = [
      snapshotOf("a", {}, { state: "down" }),
      snapshotOf("b", {}, { retryAfterMs: 9000 }),
      snapshotOf("c", {}, { retryAfterMs: 4000 }),
    ];
    expect(selectNode(shape, fleet, fastest)).toMatchObject({
      reason: "saturated",
      retryAfterMs: 4000,
    });
  });
});
