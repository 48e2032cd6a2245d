import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanText } from "./clean-text.ts";
import { containerRefusal, readWrapped } from "./container-error.ts";
import { frontDoorRefusal, isColdStart } from "./front-door.ts";

const NO_CAPACITY =
  "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress (if configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API.";
const door = (status: number, message: string, name: string | null = null) =>
  frontDoorRefusal({ status, message, name, retryAfterSeconds: null }, 30);

describe("a cold start is recognised exactly", () => {
  test("by its status and its opening words", () => {
    expect(isColdStart(400, NO_CAPACITY)).toBe(true);
    expect(door(400, NO_CAPACITY)).toMatchObject({ status: 503, retryAfterSeconds: 30 });
  });

  test.each([
    [500, NO_CAPACITY],
    [400, ` ${NO_CAPACITY}`],
    [400, `tool "${NO_CAPACITY}" is unknown`],
    [
      400,
      `Received client error (400) from primary with message "${NO_CAPACITY}". See https://x in account 1 for more.`,
    ],
  ])("not by status %i and %s", (status, message) => {
    expect(isColdStart(status, message)).toBe(false);
    expect(door(status, message).retryAfterSeconds).toBeNull();
  });
});

describe("a container's error is unwrapped", () => {
  const wrap = (status: number, body: string): string =>
    `Received client error (${status}) from AllTraffic with message "${body}". See https://us-east-1.console.aws.amazon.com/x in account 123456789012 for more information.`;

  test("whatever its body holds", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(400, 422, 500), (body, status) => {
        expect(readWrapped(wrap(status, body))).toEqual({ status, body });
      }),
    );
  });

  test("vLLM's refusal of a prompt that is too long", () => {
    const body = JSON.stringify({
      object: "error",
      message:
        "This model's maximum context length is 32768 tokens. However, you requested 40000 tokens.",
      type: "BadRequestError",
      param: null,
      code: 400,
    });
    expect(door(400, wrap(400, body))).toMatchObject({ status: 400, code: "context_too_long" });
  });

  test("its status stands where its body could not be read", () => {
    const message =
      "Received server error (500) from primary and could not load the entire response body. See https://x in account 123456789012 for more information.";
    expect(readWrapped(message)).toEqual({ status: 500, body: null });
  });

  test("only where the wrapping opens the message", () => {
    expect(readWrapped(`x ${wrap(400, "y")}`)).toBeNull();
  });
});

describe("what is passed on tells nothing of the inside", () => {
  test.each([
    ["temperature must be positive", "temperature must be positive"],
    ["got application/json, and/or text", "got application/json, and/or text"],
    ["/opt/ml/model/code/inference.py failed", "… failed"],
    ["see https://console.aws.amazon.com/x?y=1 for it", "see … for it"],
    ["role arn:aws:iam::123456789012:role/x", "role …"],
    ["account 123456789012", "account …"],
    ["at 10.2.3.4:8080 now", "at … now"],
    ["bad\nTraceback (most recent call last):\n  File x", "bad"],
    ['bad\n  File "/x.py", line 3', "bad"],
    ["s3://bucket/key is gone", "… is gone"],
    ["no /tmp", "no …"],
    ["C:\\model\\x.bin", "…"],
  ])("%s", (text, clean) => {
    expect(cleanText(text)).toBe(clean);
  });

  test("however it is embedded, and in linear time", () => {
    const secrets = [
      "/opt/ml/model/a.py",
      "123456789012",
      "arn:aws:s3:::b",
      "https://h.amazonaws.com/p",
      "10.0.0.1:80",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...secrets),
        fc.string(),
        fc.string(),
        (secret, before, after) => {
          fc.pre(!`${before} ${after}`.includes(secret));
          expect(cleanText(`${before} ${secret} ${after}`)).not.toContain(secret);
        },
      ),
    );
    expect(cleanText("/a".repeat(1e6)).length).toBeLessThanOrEqual(500);
    expect(
      containerRefusal({ status: 400, body: "x".repeat(1e6) }).message.length,
    ).toBeLessThanOrEqual(500);
  });
});
