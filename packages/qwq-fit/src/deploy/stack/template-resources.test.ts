import { describe, expect, test } from "vitest";
import { resolveTemplate } from "./template-resources.ts";

const text = JSON.stringify({
  Parameters: {
    Name: { Type: "String", AllowedPattern: "[a-z]+" },
    Count: { Type: "Number", Default: 2, MinValue: 1, MaxValue: 3 },
    Email: { Type: "String", Default: "" },
  },
  Conditions: {
    HasEmail: { "Fn::Not": [{ "Fn::Equals": [{ Ref: "Email" }, ""] }] },
    Many: { "Fn::Equals": [{ Ref: "Count" }, "3"] },
    Both: { "Fn::And": [{ Condition: "HasEmail" }, { Condition: "Many" }] },
    Any: { "Fn::Or": [{ Condition: "HasEmail" }, { Condition: "Many" }] },
  },
  Resources: {
    Always: { Type: "AWS::SageMaker::Endpoint", Properties: { EndpointName: { Ref: "Name" } } },
    Told: { Type: "AWS::SNS::Subscription", Condition: "HasEmail" },
    Both: { Type: "AWS::IAM::Role", Condition: "Both" },
    Any: { Type: "AWS::SNS::Topic", Condition: "Any" },
  },
});
const made = (parameters: Record<string, string>): string[] =>
  resolveTemplate(text, parameters).resources.map(({ logicalId }) => logicalId);

describe("a template under parameters", () => {
  test("makes what its conditions say", () => {
    expect(made({ Name: "a" })).toEqual(["Always"]);
    expect(made({ Name: "a", Email: "e@x" })).toEqual(["Always", "Told", "Any"]);
    expect(made({ Name: "a", Count: "3" })).toEqual(["Always", "Any"]);
    expect(made({ Name: "a", Email: "e@x", Count: "3" })).toEqual([
      "Always",
      "Told",
      "Both",
      "Any",
    ]);
  });

  test("names resources and roles as they are told", () => {
    const [endpoint] = resolveTemplate(text, { Name: "a" }).resources;
    expect(endpoint?.name).toBe("a");
    expect(resolveTemplate(text, { Name: "a" }).needsIam).toBe(false);
    expect(resolveTemplate(text, { Name: "a", Email: "e@x", Count: "3" }).needsIam).toBe(true);
  });

  test.for([
    [{}, "Name is not told"],
    [{ Name: "A" }, "must match"],
    [{ Name: "ab1" }, "must match"],
    [{ Name: "a", Count: "4" }, "at most 3"],
    [{ Name: "a", Count: "0" }, "at least 1"],
    [{ Name: "a", Count: "x" }, "a number"],
    [{ Name: "a", Other: "x" }, "no parameter Other"],
  ] as const)("refuses %j", ([parameters, why]) => {
    expect(() => resolveTemplate(text, parameters)).toThrow(why);
  });
});
