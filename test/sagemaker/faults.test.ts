import { afterEach, describe, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { readAnswer } from "../support/read-answer.ts";
import {
  type ContainerKind,
  CONTAINER_KINDS,
  sourceAs,
} from "../support/sagemaker/container-bodies.ts";
import type { SageMakerFault } from "../support/sagemaker/sagemaker-fault.ts";
import { type SageMakerServer, startSageMaker } from "../support/sagemaker/sagemaker-server.ts";
import { asker, KEY } from "../support/sagemaker/test-transport.ts";

let server: SageMakerServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const source = answerSource(12);
async function start(fault: SageMakerFault, kind: ContainerKind = "sse"): Promise<SageMakerServer> {
  server = await startSageMaker({
    keys: [KEY],
    container: kind,
    source: sourceAs(kind, source),
    fault: () => fault,
    cuts: () => ({ partBytes: 7, writeBytes: 53, lineEnd: "\n" }),
  });
  return server;
}

/** What of AWS's or the container's inside may never be told. */
const INSIDE =
  /\d{12}|console\.aws|arn:|amazonaws|secret inner text of|\/opt\/|inference\.py|Traceback|s3:|10\.0\.3\.7|qwq-32b|assumed-role|Inference Component/;

type Row = readonly [
  fault: SageMakerFault,
  status: number,
  code: string,
  retryAfter: string | null,
];
const BOTH: readonly Row[] = [
  [{ kind: "cold" }, 503, "no_node_available", "30"],
  [{ kind: "throttled" }, 429, "saturated", "1"],
  [{ kind: "internal" }, 502, "upstream_error", null],
  [{ kind: "dependency" }, 502, "upstream_error", null],
  [{ kind: "validation" }, 502, "upstream_error", null],
  [{ kind: "no-endpoint" }, 404, "model_not_found", null],
  [{ kind: "denied" }, 403, "forbidden", null],
  [{ kind: "expired-token" }, 403, "forbidden", null],
  [{ kind: "unavailable" }, 503, "no_node_available", null],
  [{ kind: "not-ready" }, 503, "no_node_available", "5"],
  [{ kind: "model-error", status: 400 }, 400, "invalid_request", null],
  [{ kind: "model-error", status: 404 }, 404, "model_not_found", null],
  [{ kind: "model-error", status: 424 }, 502, "upstream_error", null],
  [{ kind: "model-error", status: 429 }, 429, "saturated", "1"],
  [{ kind: "model-error", status: 500 }, 502, "upstream_error", null],
  [{ kind: "model-error", status: 503 }, 503, "no_node_available", null],
  [{ kind: "model-error-unread", status: 500 }, 502, "upstream_error", null],
  [{ kind: "model-error-unread", status: 400 }, 400, "invalid_request", null],
];

describe.each(["openai", "invoke"] as const)("%s, before the answer", (transport) => {
  test.each(BOTH)("%j is %i %s", async (fault, status, code, retryAfter) => {
    const { url, requests } = await start(fault);
    for (const stream of [true, false]) {
      const response = await asker(url, { transport })({ stream });
      const text = await response.text();
      expect([response.status, JSON.parse(text)]).toMatchObject([status, { error: { code } }]);
      expect(response.headers.get("retry-after")).toBe(retryAfter);
      expect(text).not.toMatch(INSIDE);
    }
    // One attempt: the retry policy is the relay's.
    expect(requests).toHaveLength(2);
  });

  test("what a container says of the request is told, its inside is not", async () => {
    const { url } = await start({ kind: "model-error", status: 400 });
    const { error } = (await (await asker(url, { transport })()).json()) as { error: object };
    expect(error).toMatchObject({
      message: "temperature must be non-negative, got -1. secret inner text",
      param: "temperature",
    });
  });

  test("a connection that breaks rejects, once", async () => {
    const { url, requests } = await start({ kind: "reset-on-request" });
    await expect(asker(url, { transport })()).rejects.toThrow(/fetch failed|terminated|hang up/);
    expect(requests).toHaveLength(1);
  });

  test("a caller that leaves before the answer is seen to leave", async () => {
    const { url } = await start({ kind: "silence" });
    const abort = new AbortController();
    const aborted = server?.nextAbort();
    const work = asker(url, { transport })({}, abort.signal);
    while (server?.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await expect(work).rejects.toThrow(/abort/i);
    await aborted;
  });

  test("a caller that leaves inside the answer is seen to leave", async () => {
    const { url } = await start({ kind: "stall", at: 4 });
    const aborted = server?.nextAbort();
    const response = await asker(url, { transport })();
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await aborted;
    expect(server?.requests[0]?.aborted).toBe(true);
  });

  test("a request larger than SageMaker takes is not sent", async () => {
    const { url, requests } = await start({ kind: "none" });
    const messages = [{ role: "user", content: "é".repeat(3_200_000) }];
    expect((await asker(url, { transport })({ messages })).status).toBe(413);
    expect(
      (await asker(url, { transport, maxBodyBytes: 1000 })({ user: "x".repeat(1000) })).status,
    ).toBe(413);
    expect(requests).toHaveLength(0);
  });
});

const INSIDE_STREAM: readonly (readonly [SageMakerFault, string])[] = [
  [{ kind: "stream-timeout", at: 5 }, "timeout"],
  [{ kind: "stream-broken", at: 5 }, "stream_interrupted"],
  [{ kind: "stream-internal", at: 5 }, "upstream_error"],
  [{ kind: "stream-unknown", at: 5 }, "upstream_error"],
  [{ kind: "bad-checksum", at: 5 }, "protocol_error"],
  [{ kind: "bad-prelude", at: 5 }, "protocol_error"],
  [{ kind: "huge-frame", at: 5 }, "protocol_error"],
  [{ kind: "cut-in-length", at: 5 }, "stream_interrupted"],
  [{ kind: "cut", at: 5 }, "stream_interrupted"],
  [{ kind: "reset", at: 5 }, "stream_interrupted"],
  [{ kind: "clean-end", at: 5 }, "stream_interrupted"],
  [{ kind: "container-error", at: 5 }, "upstream_error"],
  [{ kind: "malformed", at: 5 }, "protocol_error"],
];

describe.each(CONTAINER_KINDS)("inside the event stream, %s", (kind) => {
  test.each(INSIDE_STREAM)("%j ends at the last whole event, with %s", async (fault, code) => {
    const { url } = await start(fault, kind);
    const response = await asker(url, { transport: "invoke" })();
    expect(response.status).toBe(200);
    const seen = await readAnswer(200, response.body ?? "");
    const told = sourceAs(kind, source);
    const pieces = [...told.thought, ...told.answer].slice(0, 5).join("");
    expect(seen).toMatchObject({ error: code, done: false, finish: null, broke: false });
    // A reset may overtake what was sent before it.
    const shown = seen.thought + seen.answer;
    expect(fault.kind === "reset" ? pieces.slice(0, shown.length) : pieces).toBe(shown);
    expect(seen.raw).not.toMatch(/secret|\/opt\//);
  });

  test("a fault in place of the first part is told by status or in the stream", async () => {
    const { url } = await start({ kind: "stream-timeout", at: 0 }, kind);
    const response = await asker(url, { transport: "invoke" })();
    const seen = await readAnswer(
      response.status,
      response.status === 200 ? (response.body ?? "") : await response.text(),
    );
    expect(seen).toMatchObject({ error: "timeout", done: false, answer: "" });
  });
});
