import { request as httpRequest } from "node:http";
import { describe, expect, test } from "vitest";
import { createScriptedEngine } from "../testing/scripted-engine.ts";
import type { ApiOptions } from "./api-options.ts";
import { DEFAULT_API_LIMITS } from "./api-options.ts";
import { isAllowedKey, isLoopbackHost, proofOf } from "./guard.ts";
import { serveApi } from "./testing/serve-api.ts";
import type { ServedApi } from "./testing/serve-api.ts";

const serve = (options: Partial<ApiOptions> = {}): Promise<ServedApi> =>
  serveApi(() => Promise.resolve(createScriptedEngine({ thoughts: 1, words: 1 })), options);

/** A request whose Host is the test's: `fetch` sets its own. */
function statusWithHost(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/v1/models`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject).end();
  });
}

test.each([
  ["localhost", true],
  ["LOCALHOST:8080", true],
  ["127.0.0.1:1", true],
  ["[::1]:80", true],
  ["qwq.localhost:80", true],
  ["evil.example", false],
  ["127.0.0.1.evil.example", false],
  ["localhost.evil.example:80", false],
  ["evil.example:127.0.0.1", false],
  ["", false],
  [null, false],
])("the host %s is loopback: %s", (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected);
});

describe("on loopback", () => {
  test("a page whose name was pointed here (DNS rebinding) is turned away", async () => {
    const { url } = await serve();
    expect(await statusWithHost(url, { host: "evil.example" })).toBe(403);
    expect(await statusWithHost(url, { host: "localhost:1234" })).toBe(200);
  });

  test("a page of another origin is turned away, a named one is served", async () => {
    const named = "https://app.example";
    const { url } = await serve({ corsOrigins: [named] });
    const call = (method: string, origin: string): Promise<Response> =>
      fetch(`${url}/v1/models`, {
        method,
        headers: { origin, "access-control-request-headers": "authorization" },
      });
    for (const origin of ["https://evil.example", "null", "http://localhost:3000"]) {
      const refused = await call("GET", origin);
      expect(refused.status).toBe(403);
      expect(refused.headers.get("access-control-allow-origin")).toBeNull();
      expect((await call("OPTIONS", origin)).status).toBe(403);
    }
    const answer = await call("GET", named);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe(named);
    const preflight = await call("OPTIONS", named);
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toBe("authorization");
  });
});

describe("keys", () => {
  test("are asked for where there are any, under either name", async () => {
    const { url } = await serve({ apiKeys: ["secret-1", "secret-2"], loopback: false });
    const status = async (headers: Record<string, string>, path = "/v1/models"): Promise<number> =>
      (await fetch(url + path, { headers })).status;
    expect(await status({})).toBe(401);
    expect(await status({ authorization: "Bearer wrong" })).toBe(401);
    expect(await status({ authorization: "Bearer secret-2" })).toBe(200);
    expect(await status({ "x-api-key": "secret-1" })).toBe(200);
    expect(await status({ authorization: "Bearer management-token" })).toBe(200);
    expect(await status({}, "/metrics")).toBe(401);
    expect(await status({}, "/health")).not.toBe(401);
  });

  test("a key is allowed only whole", () => {
    expect(isAllowedKey("abc", ["abc"])).toBe(true);
    for (const key of ["ab", "abcd", "", null]) expect(isAllowedKey(key, ["abc"])).toBe(false);
  });
});

describe("management", () => {
  test("asks for the token, and a proof tells who has it", async () => {
    const { url, stops } = await serve();
    const stop = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${url}/management/stop`, { method: "POST", headers });
    expect((await stop({})).status).toBe(401);
    expect(stops()).toBe(0);
    expect((await stop({ authorization: "Bearer management-token" })).status).toBe(202);
    expect(stops()).toBe(1);
    const nonce = "0123456789abcdef";
    const proof = await fetch(`${url}/management/proof?nonce=${nonce}`);
    expect(await proof.json()).toEqual({ proof: proofOf("management-token", nonce) });
    expect((await fetch(`${url}/management/proof?nonce=x`)).status).toBe(400);
  });
});

describe("limits and errors", () => {
  test("a body past the limit is 413, declared or not", async () => {
    const { url, post } = await serve({ limits: { ...DEFAULT_API_LIMITS, bodyBytes: 1000 } });
    const long = { messages: [{ role: "user", content: "x".repeat(2000) }] };
    expect((await post("/v1/chat/completions", long)).status).toBe(413);
    const chunked = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      body: new Blob([JSON.stringify(long)]).stream(),
      duplex: "half",
    });
    expect(chunked.status).toBe(413);
  });

  test("all errors come in OpenAI's envelope, or Anthropic's at its path", async () => {
    const { url, post } = await serve();
    const bad = await fetch(`${url}/v1/chat/completions`, { method: "POST", body: "{" });
    expect(bad.status).toBe(400);
    expect(await bad.json()).toMatchObject({ error: { type: "invalid_request_error" } });
    const invalid = await post("/v1/chat/completions", { messages: [], n: 0 });
    expect(await invalid.json()).toMatchObject({
      error: { param: "messages", message: expect.stringContaining("`n`") },
    });
    const none = await fetch(`${url}/v1/nothing`);
    expect(none.status).toBe(404);
    expect(await none.json()).toEqual({
      error: {
        type: "invalid_request_error",
        code: "invalid_request",
        param: null,
        message: "there is no GET /v1/nothing here",
      },
    });
    const anthropic = await post("/v1/messages", { model: "m" });
    expect(await anthropic.json()).toMatchObject({ type: "error" });
  });

  test("a request id is kept or made, and told", async () => {
    const { url, logs } = await serve();
    const id = async (given: string): Promise<string | null> =>
      (await fetch(`${url}/v1/models`, { headers: { "x-request-id": given } })).headers.get(
        "x-request-id",
      );
    expect(await id("abc-1")).toBe("abc-1");
    expect(await id("no spaces or\ttabs")).not.toContain("spaces");
    expect(logs[0]).toMatchObject({ requestId: "abc-1", path: "/v1/models", status: 200 });
  });

  test("nothing of a prompt or an answer is logged", async () => {
    const { url, post, logs } = await serve();
    await (
      await post("/v1/chat/completions", { messages: [{ role: "user", content: "canary-1" }] })
    ).text();
    await (
      await post("/v1/chat/completions", { messages: [{ role: "canary-2", content: "" }] })
    ).text();
    await (await fetch(`${url}/canary-3?canary-4`)).text();
    expect(logs).toHaveLength(3);
    expect(JSON.stringify(logs)).not.toMatch(/canary|w0/);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).not.toMatch(/canary/);
  });
});
