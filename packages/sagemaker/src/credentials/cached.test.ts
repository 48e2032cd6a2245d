import { expect, test } from "vitest";
import { cachedCredentials } from "./cached.ts";
import type { AwsCredentials } from "./credentials.ts";

const HOUR = 3_600_000;

function bench() {
  let nowMs = 0;
  const fetches: { give: (life: number | undefined) => void; fail: () => void }[] = [];
  const timers: (() => void)[] = [];
  let made = 0;
  const source = cachedCredentials(
    () =>
      new Promise<AwsCredentials>((resolve, reject) => {
        fetches.push({
          give: (life) => {
            made += 1;
            const expiresMs = life === undefined ? undefined : nowMs + life;
            resolve({ accessKeyId: `key${made}`, secretAccessKey: "s", expiresMs });
          },
          fail: () => reject(new Error("no")),
        });
      }),
    {
      now: () => nowMs,
      timer: (_ms, run) => {
        timers.push(run);
        return () => void timers.splice(timers.indexOf(run), 1);
      },
    },
  );
  const id = async (): Promise<string> => (await source.get()).accessKeyId;
  return { source, id, fetches, timers, pass: (ms: number) => void (nowMs += ms) };
}

test("one fetch serves all who wait, and its credentials until 80 % of their life", async () => {
  const { id, fetches, pass } = bench();
  const asked = [id(), id(), id()];
  expect(fetches).toHaveLength(1);
  fetches[0]?.give(HOUR);
  expect(await Promise.all(asked)).toEqual(["key1", "key1", "key1"]);
  pass(HOUR * 0.79);
  expect(await id()).toBe("key1");
  expect(fetches).toHaveLength(1);
});

test("a refresh begins behind the request that notices it; its failure is no failure while the old ones live", async () => {
  const { id, fetches, pass } = bench();
  const first = id();
  fetches[0]?.give(HOUR);
  await first;
  pass(HOUR * 0.81);
  expect(await id()).toBe("key1");
  expect(await id()).toBe("key1");
  expect(fetches).toHaveLength(2);
  fetches[1]?.fail();
  expect(await id()).toBe("key1");
  expect(await id()).toBe("key1");
  expect(fetches).toHaveLength(2);
  pass(10_001);
  expect(await id()).toBe("key1");
  expect(fetches).toHaveLength(3);
  fetches[2]?.give(HOUR);
  await Promise.resolve();
  expect(await id()).toBe("key2");
});

test("credentials that are about to end are waited for; a refusal is told", async () => {
  const { id, fetches, pass } = bench();
  const first = id();
  fetches[0]?.give(HOUR);
  await first;
  pass(HOUR - 29_000);
  const late = id();
  fetches[1]?.fail();
  await expect(late).rejects.toThrow("no");
  const again = id();
  fetches[2]?.give(undefined);
  expect(await again).toBe("key2");
  pass(1e12);
  expect(await id()).toBe("key2");
});

test("a fetch whose request has ended holds nobody: the next makes its own", async () => {
  const { id, fetches, timers } = bench();
  void id().catch(() => undefined);
  const second = id();
  expect([fetches.length, timers.length]).toEqual([1, 1]);
  timers[0]?.();
  fetches[1]?.give(HOUR);
  expect(await second).toBe("key1");
});

test("credentials that AWS refused are forgotten", async () => {
  const { source, id, fetches } = bench();
  const first = id();
  fetches[0]?.give(HOUR);
  await first;
  source.forget();
  const second = id();
  fetches[1]?.give(HOUR);
  expect(await second).toBe("key2");
});

test("a refresh whose request has ended is begun again", async () => {
  const { id, fetches, pass } = bench();
  const first = id();
  fetches[0]?.give(HOUR);
  await first;
  pass(HOUR * 0.81);
  expect([await id(), await id(), fetches.length]).toEqual(["key1", "key1", 2]);
  pass(20_001);
  expect([await id(), fetches.length]).toEqual(["key1", 3]);
  fetches[2]?.give(HOUR);
  await Promise.resolve();
  expect(await id()).toBe("key2");
});
