import { expect, test } from "vitest";
import { shareRun } from "./share-run.ts";

test("all who call share one run and its progress; it is aborted when the last has left", async () => {
  let runs = 0;
  let told: (step: number) => void = () => {};
  const ended: string[] = [];
  const share = shareRun<number>(async (onProgress, signal) => {
    runs++;
    told = onProgress;
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve());
    });
    ended.push("aborted");
  });
  const [first, second] = [new AbortController(), new AbortController()];
  const seen: number[] = [];
  const both = [first, second].map(({ signal }) =>
    share({ signal, onProgress: (step) => seen.push(step) }),
  );
  told(1);
  first.abort();
  await expect(both[0]).rejects.toMatchObject({ code: "aborted" });
  told(2);
  expect([runs, seen, ended]).toEqual([1, [1, 1, 2], []]);
  second.abort();
  await expect(both[1]).rejects.toMatchObject({ code: "aborted" });
  await expect.poll(() => ended).toEqual(["aborted"]);
  const again = new AbortController();
  const last = share({ signal: again.signal });
  expect(runs).toBe(2);
  again.abort();
  await expect(last).rejects.toMatchObject({ code: "aborted" });
});
