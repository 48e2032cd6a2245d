import { setTimeout } from "node:timers/promises";
import type { ChildEngine } from "../child/child-engine.ts";
import { isAlive } from "./processes.ts";
import { seededRandom } from "./random-mix.ts";

/** How the requests ended that ran when the engine was killed. */
export interface KillResult {
  readonly served: number;
  readonly crashed: number;
  /** Requests that ended in another way, and whatever else was wrong. */
  readonly wrong: readonly string[];
}

/** Kills the engine's child at a random moment while streams run, and waits until it serves again. */
export async function killRun(
  engine: ChildEngine,
  whole: string,
  seed: number,
): Promise<KillResult> {
  const random = seededRandom(seed);
  const wrong: string[] = [];
  let [served, crashed] = [0, 0];
  const { pid } = engine;
  const { crashes } = engine.state();
  const one = async (index: number): Promise<void> => {
    let text = "";
    try {
      const content = `${index}${"x".repeat(Math.floor(random() * 300))}`;
      for await (const event of engine.generate({
        prompt: { kind: "chat", messages: [{ role: "user", content }] },
        sampling: { temperature: 0 },
      })) {
        if (event.type === "token") text += event.text;
      }
      if (text === whole) served++;
      else wrong.push(`seed ${seed}: an end without its text`);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : error;
      if (code === "engine_crashed" && whole.startsWith(text)) crashed++;
      else wrong.push(`seed ${seed}: ${String(code)}`);
    }
  };
  const streams = Array.from({ length: 1 + Math.floor(random() * 5) }, (_, i) => one(i));
  await setTimeout(random() * 150);
  if (pid === null) wrong.push(`seed ${seed}: there was no child`);
  else process.kill(pid, "SIGKILL");
  await Promise.all(streams);
  // The death may be heard after the last stream was served: what counts is that it comes back.
  while (engine.state().crashes === crashes) {
    // oxlint-disable-next-line no-await-in-loop
    await setTimeout(5);
  }
  await one(-1);
  if (pid !== null && isAlive(pid)) wrong.push(`seed ${seed}: the child is still there`);
  return { served, crashed, wrong };
}
