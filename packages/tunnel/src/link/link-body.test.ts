import { QwqError } from "@qwq-fit/schema";
import { expect, test } from "vitest";
import { createBodyQueue } from "./link-body.ts";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
const GONE = new QwqError("network", "the node's connection is gone");

/** A queue, and how often its reader took something and went away. */
function queued() {
  const told = { reads: 0, cancels: 0 };
  const queue = createBodyQueue({
    onRead: () => (told.reads += 1),
    onCancel: () => (told.cancels += 1),
  });
  return { ...queue, queue, told };
}

test("all that has come is one read, whether it was waited for or not", async () => {
  const { body, push, end, queue, told } = queued();
  const waited = body.read();
  push(bytes(1));
  push(bytes(2, 3));
  expect(await waited).toEqual({ done: false, value: bytes(1, 2, 3) });
  push(bytes(4));
  push(bytes(5));
  expect(queue.waiting).toBe(2);
  end();
  expect(await body.read()).toEqual({ done: false, value: bytes(4, 5) });
  expect(await body.read()).toEqual({ done: true });
  expect([told.reads, queue.waiting]).toEqual([2, 0]);
});

test("an end wakes the reader, and nothing comes behind it", async () => {
  const { body, push, end, fail } = queued();
  const waited = body.read();
  end();
  push(bytes(1));
  fail(GONE);
  expect(await waited).toEqual({ done: true });
  expect(await body.read()).toEqual({ done: true });
});

test("a break is told to who waits and to who comes later, and drops what was not read", async () => {
  const { body, push, fail, queue, told } = queued();
  const waited = body.read();
  fail(GONE);
  await expect(waited).rejects.toBe(GONE);
  push(bytes(1));
  await expect(body.read()).rejects.toBe(GONE);
  await body.cancel();
  expect([queue.waiting, told.cancels]).toEqual([0, 0]);
});

test("a reader that leaves is told of once, and its last read ends", async () => {
  const { body, push, queue, told } = queued();
  const waited = body.read();
  await body.cancel();
  await body.cancel();
  push(bytes(1));
  expect(await waited).toEqual({ done: true });
  expect([queue.waiting, told.cancels, told.reads]).toEqual([0, 1, 0]);
});
