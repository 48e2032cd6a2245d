import { getEventListeners } from "node:events";
import { encodeFrame, FRAME, responseOf } from "@qwq-fit/tunnel";
import { expect, test } from "vitest";
import { createNodeHub, type HubSocket } from "./node-hub.ts";

const json = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const HELLO = { agent: "test", engine: "node-llama-cpp", models: [], load: { state: "serveable" } };
const REQUEST = {
  method: "POST",
  path: "/v1/chat/completions",
  headers: {},
  body: json({}),
} as const;

/** How a stream ends, as what its node does. */
const ENDS = [
  ["the node ends it", FRAME.end],
  ["the node gives it up", FRAME.cancel],
  ["the socket is lost", null],
] as const;

test.for(ENDS)("nothing is held of a stream once %s", async ([, end]) => {
  let timers = 0;
  const hub = createNodeHub({
    now: () => 0,
    timer: () => {
      timers += 1;
      return () => (timers -= 1);
    },
    onChange: () => undefined,
  });
  const socket: HubSocket = { send: () => undefined, close: () => undefined };
  hub.attach(socket);
  hub.receive(socket, encodeFrame(FRAME.hello, 0, json(HELLO)));
  const before = timers;
  const { signal } = new AbortController();
  let told = 0;
  const asked = hub.request({ ...REQUEST, signal, onOver: () => (told += 1) });
  expect([getEventListeners(signal, "abort").length, told]).toEqual([1, 0]);
  hub.receive(socket, encodeFrame(FRAME.head, 1, json({ status: 200 })));
  const response = responseOf(await asked);
  if (end === null) hub.lost(socket);
  else hub.receive(socket, encodeFrame(end, 1));
  const read = response.text().then(
    () => "whole",
    () => "broken",
  );
  expect(await read).toBe(end === FRAME.end ? "whole" : "broken");
  expect([getEventListeners(signal, "abort").length, told]).toEqual([0, 1]);
  expect([hub.streams, timers - before]).toEqual([0, 0]);
});

test("a request that a node cannot be sent is told to be over too", async () => {
  const hub = createNodeHub({ now: () => 0, timer: () => () => undefined, onChange: () => 0 });
  const { signal } = new AbortController();
  await expect(hub.request({ ...REQUEST, signal })).rejects.toMatchObject({ code: "network" });
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});
