import { expect, test } from "vitest";
import { encodeFrame, FRAME } from "../frames/frame.ts";
import { HELLO, sent, timer } from "./link.case.ts";
import { responseOf } from "./link-answer.ts";
import { createLink } from "./link.ts";

test("a node that sends more than it was asked for is cut off, and told why", async () => {
  const closed: string[] = [];
  const link = createLink(
    {
      send: () => undefined,
      close: (code, reason) => void closed.push(`${code} ${reason}`),
      now: () => 0,
      timer,
      onReport: () => undefined,
    },
    0,
    HELLO,
  );
  const answer = link.request(sent(new Uint8Array(1)));
  link.receive(encodeFrame(FRAME.head, 1, new TextEncoder().encode('{"status":200}')));
  const response = responseOf(await answer);
  // Nobody reads: a window of 256 KiB, and not a byte more.
  for (let i = 0; i < 4; i++) {
    link.receive(encodeFrame(FRAME.data, 1, new Uint8Array(64 * 1024)));
  }
  expect(link.open).toBe(true);
  link.receive(encodeFrame(FRAME.data, 1, new Uint8Array(1)));
  expect(link.open).toBe(false);
  expect(closed).toEqual(["1008 the node sent more than it was asked for"]);
  await expect(response.text()).rejects.toThrow(/connection is gone/);
});

test("what an evicted object had begun is never taken for what its successor began", async () => {
  const frames: Uint8Array[] = [];
  const link = createLink(
    {
      send: (message) => void frames.push(message),
      close: () => undefined,
      now: () => 0,
      timer,
      onReport: () => undefined,
    },
    1,
    HELLO,
  );
  // The first thing that the node hears is that all it had is given up.
  expect([...(frames[0] ?? [])]).toEqual([FRAME.cancel, 0, 0, 0, 0, 0, 0, 0]);
  const answer = link.request(sent(new Uint8Array(1)));
  const head = new TextEncoder().encode('{"status":200,"headers":{}}');
  for (let id = 1; id < 200; id++) {
    link.receive(encodeFrame(FRAME.head, id, head));
    link.receive(encodeFrame(FRAME.data, id, new Uint8Array([66])));
    link.receive(encodeFrame(FRAME.end, id));
  }
  expect(link.open).toBe(true);
  const own = 2 ** 20 + 1;
  link.receive(encodeFrame(FRAME.head, own, head));
  link.receive(encodeFrame(FRAME.data, own, new Uint8Array([65])));
  link.receive(encodeFrame(FRAME.end, own));
  expect(await responseOf(await answer).text()).toBe("A");
});
