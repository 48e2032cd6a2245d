import { createSageMaker, type SageMakerTransport } from "@qwq-fit/sagemaker";
import { afterEach, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { type SageMakerServer, startSageMaker } from "../support/sagemaker/sagemaker-server.ts";
import { KEY, sageMakerPorts } from "../support/sagemaker/test-transport.ts";

let server: SageMakerServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const isProbe = (body: string): boolean => body.includes('"max_tokens":1');
const PROBE_MS = 1;

test.each(["openai", "invoke"] as const)(
  "%s: from zero to serving, one probe at a time asks for all who wait",
  async (transport) => {
    let warm = false;
    const callers: (string | null)[] = [];
    server = await startSageMaker({
      keys: [KEY],
      container: "sse",
      source: answerSource(3),
      fault: ({ body, component }) => {
        if (!isProbe(JSON.stringify(body))) callers.push(component);
        return warm || component === "other" ? { kind: "none" } : { kind: "cold" };
      },
    });
    const { url } = server;
    // The probes' timers are run by hand.
    const wakes: (() => void)[] = [];
    let probing = 0;
    let probes = 0;
    let beside = 0;
    const ports = sageMakerPorts(KEY, {
      timer: (ms, run) => {
        if (ms === PROBE_MS) wakes.push(run);
        return () => undefined;
      },
      fetch: async (input, init) => {
        const probe = typeof init?.body === "string" && isProbe(init.body);
        if (!probe) return fetch(input, init);
        probes += 1;
        probing += 1;
        beside = Math.max(beside, probing);
        return fetch(input, init).finally(() => void (probing -= 1));
      },
    });
    const sageMaker = createSageMaker(ports);
    const open = (inferenceComponent: string): SageMakerTransport =>
      sageMaker.transport({
        endpoint: "qwq",
        region: "us-east-1",
        url,
        transport,
        inferenceComponent,
        coldRetrySeconds: 23,
        coldProbeSeconds: PROBE_MS / 1000,
      });
    const status = async (to: SageMakerTransport): Promise<readonly [number, string | null]> => {
      const body = JSON.stringify({ messages: [{ role: "user", content: "hi" }] });
      const { signal } = new AbortController();
      const response = await to({ path: "/chat/completions", body, headers: {}, signal });
      await response.text();
      return [response.status, response.headers.get("retry-after")];
    };

    const first = open("part");
    expect(await status(first)).toEqual([503, "23"]);
    // From now on nobody is sent there, by this transport or by another of the same endpoint.
    const same = open("part");
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => status(i % 2 === 0 ? first : same)),
    );
    expect(answers).toEqual(Array.from({ length: 20 }, () => [503, "23"]));
    expect(callers).toEqual(["part"]);
    // Another component of the endpoint has its own instances.
    expect(await status(open("other"))).toEqual([200, null]);

    warm = true;
    let asks = 0;
    while ((await status(first))[0] !== 200) {
      for (const wake of wakes.splice(0)) wake();
      asks += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(asks).toBeGreaterThan(0);
    expect(probes).toBeGreaterThan(0);
    expect(beside).toBe(1);
    expect(callers).toEqual(["part", "other", "part"]);
    expect(await status(same)).toEqual([200, null]);
  },
);
