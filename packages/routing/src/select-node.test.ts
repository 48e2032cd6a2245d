import { DEFAULT_POLICY, type Policy } from "@qwq-fit/schema";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cloud, fastest, names, shape, snapshotOf, speed } from "./fleet.case.ts";
import { selectNode } from "./select-node.ts";

describe("ranking", () => {
  test("the expected times are prompt over prefill, output over decode", () => {
    const decision = selectNode(shape, [snapshotOf("a")], fastest);
    expect(decision).toMatchObject({
      kind: "route",
      ranked: [
        { node: "a", timeToFirstTokenMs: { expected: 2500 }, timeToAnswerMs: { expected: 27_500 } },
      ],
    });
  });

  test("a busy fast node loses to an idle slower one", () => {
    const fast = { performance: [speed(800, 40)] };
    const idle = snapshotOf("slow");
    expect(names(selectNode(shape, [snapshotOf("fast", fast), idle], fastest))[0]).toBe("fast");
    const busy = snapshotOf("fast", fast, { inFlight: 1, queued: 2 });
    expect(names(selectNode(shape, [busy, idle], fastest))[0]).toBe("slow");
  });

  test("speed at the concurrency that our arrival makes counts", () => {
    const shared = { slots: 4, performance: [speed(400, 30, 1), speed(400, 5, 2)] };
    const decision = selectNode(
      shape,
      [snapshotOf("shared", shared, { inFlight: 1 }), snapshotOf("own")],
      fastest,
    );
    expect(names(decision)).toEqual(["own", "shared"]);
  });

  test("a cached prefix wins for a long prompt", () => {
    const long = { ...shape, promptTokens: 20_000, prefixKeys: ["k2", "k1"] };
    const warm = snapshotOf("warm", {}, { prefixes: { k1: 19_000 } });
    const faster = snapshotOf("cold", { performance: [speed(500, 22)] });
    expect(names(selectNode(long, [faster, warm], fastest))[0]).toBe("warm");
  });

  test("what was learnt moves the choice", () => {
    const slowed = { prefillFactor: 5, decodeFactor: 5, overheadMs: 0, errorRate: 0, samples: 9 };
    const a = snapshotOf("a", { performance: [speed(800, 40)] }, { learnt: slowed });
    expect(names(selectNode(shape, [a, snapshotOf("b")], fastest))).toEqual(["b", "a"]);
  });

  test("objectives", () => {
    const here = snapshotOf("here", { privacy: "device", performance: [speed(100, 5)] });
    const dear = snapshotOf("dear", { ...cloud(5), performance: [speed(5000, 100)] });
    const cheap = snapshotOf("cheap", { ...cloud(0.2), performance: [speed(2000, 30)] });
    const fleet = [dear, here, cheap];
    const first = (objective: Policy["objective"]) =>
      names(selectNode(shape, fleet, { ...DEFAULT_POLICY, objective }))[0];
    expect(first("fastest")).toBe("dear");
    expect(first("cheapest")).toBe("here");
    expect(first("prefer-local")).toBe("here");
    expect(first("prefer-cloud")).toBe("dear");
  });

  test("spread turns among equals and never to a clearly worse node", () => {
    const fleet = [
      snapshotOf("a"),
      snapshotOf("b"),
      snapshotOf("far", { performance: [speed(40, 2)] }),
    ];
    const at = (spread: number) => names(selectNode(shape, fleet, fastest, { spread }))[0];
    expect([at(0), at(0.4), at(0.6), at(0.99)]).toEqual(["a", "a", "b", "b"]);
  });
});

test("pure and total: the same input gives the same answer, best score first, nothing denied is ranked", () => {
  const node = fc.record({
    privacy: fc.constantFrom("device", "own-network", "region", "any"),
    state: fc.constantFrom("serveable", "loading", "saturated", "down", "unknown"),
    inFlight: fc.nat(5),
    queued: fc.nat(5),
    prefill: fc.double({ min: 1, max: 5000, noNaN: true }),
    decode: fc.double({ min: 0.1, max: 200, noNaN: true }),
    usd: fc.double({ min: 0, max: 20, noNaN: true }),
  });
  const objective = fc.constantFrom(
    "fastest",
    "cheapest",
    "balanced",
    "prefer-local",
    "prefer-cloud",
  );
  const privacy = fc.constantFrom("device", "own-network", "region", "any");
  fc.assert(
    fc.property(fc.array(node, { maxLength: 20 }), objective, privacy, (fleet, goal, allowed) => {
      const snapshots = fleet.map((one, i) =>
        snapshotOf(
          `n${i}`,
          {
            ...cloud(one.usd),
            privacy: one.privacy,
            performance: [speed(one.prefill, one.decode)],
          },
          { state: one.state, inFlight: one.inFlight, queued: one.queued },
        ),
      );
      const policy: Policy = { ...DEFAULT_POLICY, objective: goal, privacy: allowed };
      const decision = selectNode(shape, snapshots, policy);
      expect(selectNode(shape, snapshots, policy)).toEqual(decision);
      if (decision.kind === "reject") return;
      const order = ["device", "own-network", "region", "any"];
      for (const [i, ranked] of decision.ranked.entries()) {
        expect(ranked.score).toBeGreaterThanOrEqual(decision.ranked[i - 1]?.score ?? 0);
        const of = snapshots.find((one) => one.node.name === ranked.node);
        expect(order.indexOf(of?.node.privacy ?? "any")).toBeLessThanOrEqual(
          order.indexOf(allowed),
        );
        expect(["serveable", "unknown"]).toContain(of?.state);
        expect(ranked.timeToFirstTokenMs.low).toBeLessThanOrEqual(ranked.timeToFirstTokenMs.high);
      }
    }),
    { numRuns: 300 },
  );
});
