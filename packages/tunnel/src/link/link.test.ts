import { getEventListeners } from "node:events";
import { QwqError } from "@qwq-fit/schema";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LocalNode } from "../agent/local-node.ts";
import { createAgentSession } from "../agent/session.ts";
import { HELLO, sent, timer } from "./link.case.ts";
import { responseOf } from "./link-answer.ts";
import { createLink, type Link } from "./link.ts";

/** Both ends, joined in memory; what is sent arrives in pieces whose sizes are given. */
function joined(local: LocalNode, sizes: readonly number[] = [1e9]) {
  const closed: string[] = [];
  let at = 0;
  const deliver = (message: Uint8Array, to: (part: Uint8Array) => void): void => {
    setImmediate(() => {
      for (let from = 0; from < message.length;) {
        const size = sizes[at++ % sizes.length] ?? 1;
        to(message.subarray(from, from + size));
        from += size;
      }
    });
  };
  const ends: { link: Link } = {
    link: createLink({
      send: (message) => deliver(message, (part) => session.receive(part)),
      close: (_, reason) => void closed.push(`router: ${reason}`),
      now: () => performance.now(),
      timer,
      onReport: () => undefined,
    }),
  };
  const session = createAgentSession({
    send: (message) => deliver(message, (part) => ends.link.receive(part)),
    close: (_, reason) => void closed.push(`agent: ${reason}`),
    timer,
    soon: (run) => void setImmediate(run),
    local,
    limits: { streams: 8, bodyBytes: 1024 * 1024 },
    onGoaway: () => undefined,
    onIdle: () => undefined,
  });
  session.hello(HELLO);
  const open = async (): Promise<void> => {
    while (!ends.link.open) await new Promise((resolve) => void setImmediate(resolve));
  };
  return { ...ends, session, closed, open };
}

/** A server that sends back what it was sent, in pieces, and waits where it is told to. */
const echo =
  (piece: number): LocalNode =>
  (request, listener) => {
    let paused = false;
    let over = false;
    let at = 0;
    const go = (): void => {
      if (over || paused) return;
      if (at >= request.body.length) {
        over = true;
        return listener.end();
      }
      listener.data(request.body.subarray(at, at + piece));
      at += piece;
      return void setImmediate(go);
    };
    setImmediate(() => {
      if (over) return;
      listener.head(200, { "content-type": "text/plain" });
      go();
    });
    return {
      pause: () => (paused = true),
      resume: () => {
        if (!paused) return;
        paused = false;
        setImmediate(go);
      },
      cancel: () => (over = true),
    };
  };

describe("a stream through both ends", () => {
  test("comes back as it was sent, however it is cut and however large it is", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 500_000 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 50, max: 90_000 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 500, max: 70_000 }),
        async (lengths, sizes, piece) => {
          const { link, open, closed } = joined(echo(piece), sizes);
          await open();
          await Promise.all(
            lengths.map(async (length, i) => {
              const body = new Uint8Array(length).map((_, at) => at * 31 + i);
              const { signal } = new AbortController();
              const response = responseOf(await link.request(sent(body, signal)));
              expect(Buffer.compare(await response.bytes(), body)).toBe(0);
              // Else the signal would hold what the stream has read for as long as it lives itself.
              expect(getEventListeners(signal, "abort")).toHaveLength(0);
            }),
          );
          expect(closed).toEqual([]);
          expect(link.streams).toBe(0);
        },
      ),
      { numRuns: 8 },
    );
  });

  test("that nobody reads stops its server, and goes on when it is read", async () => {
    let given = 0;
    const counting: LocalNode = (request, listener) =>
      echo(10_000)(request, {
        ...listener,
        data: (bytes) => {
          given += bytes.length;
          listener.data(bytes);
        },
      });
    const { link, open } = joined(counting);
    await open();
    const body = new Uint8Array(1_000_000).fill(7);
    const response = responseOf(await link.request(sent(body)));
    for (let i = 0; i < 500; i++) await new Promise((resolve) => void setImmediate(resolve));
    expect(given).toBeLessThan(600_000);
    expect((await response.bytes()).length).toBe(body.length);
  });

  test("that is given up ends at its server, and the next is served", async () => {
    let cancelled = 0;
    const silent: LocalNode = (_, listener) => {
      setImmediate(() => listener.head(200, {}));
      return { pause: () => undefined, resume: () => undefined, cancel: () => void cancelled++ };
    };
    const { link, open, session } = joined(silent);
    await open();
    const abort = new AbortController();
    const response = responseOf(await link.request(sent(new Uint8Array(1), abort.signal)));
    const reading = response.text();
    abort.abort();
    await expect(reading).rejects.toThrow(/given up/);
    const next = await link.request(sent(new Uint8Array(1)));
    await next.body.cancel();
    while (session.streams > 0) await new Promise((resolve) => void setImmediate(resolve));
    expect(cancelled).toBe(2);
    expect(link.streams).toBe(0);
  });

  test("fails with the connection, before its head and after it", async () => {
    const { link, open } = joined(() => ({
      pause: () => undefined,
      resume: () => undefined,
      cancel: () => undefined,
    }));
    await open();
    const waiting = link.request(sent(new Uint8Array(1)));
    link.lost();
    await expect(waiting).rejects.toSatisfy((error) => QwqError.is(error, "network"));
    await expect(link.request(sent(new Uint8Array(1)))).rejects.toThrow(/takes no requests/);
  });

  test("beyond the agent's limits is answered, not served", async () => {
    const { link, open } = joined(() => ({
      pause: () => undefined,
      resume: () => undefined,
      cancel: () => undefined,
    }));
    await open();
    const large = await link.request(sent(new Uint8Array(1024 * 1024 + 1)));
    expect(large.status).toBe(413);
    for (let i = 0; i < 8; i++) void link.request(sent(new Uint8Array(1))).catch(() => undefined);
    expect((await link.request(sent(new Uint8Array(1)))).status).toBe(503);
    link.lost();
  });
});
