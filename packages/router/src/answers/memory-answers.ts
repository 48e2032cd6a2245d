import type { RouterPorts } from "../ports.ts";
import { createAnswerObject, type KeptAnswer } from "./answer-object.ts";
import type { AnswerObject, AnswerPorts, AnswerStore, RunAnswer } from "./answer-ports.ts";
import type { AnswersConfig } from "./answers-config.ts";
import { HttpRefusal, refusalResponse } from "../api/http-error.ts";
import type { AnswerStorage } from "./record.ts";

/** What an object's storage is where the object itself stays in memory. */
const NOTHING: AnswerStorage = {
  load: () => Promise.resolve(null),
  append: () => Promise.resolve(),
  save: () => Promise.resolve(),
  dropEvents: () => Promise.resolve(),
  drop: () => Promise.resolve(),
};

/** Keys that are known after their answers were dropped; the oldest is forgotten first. */
const MOST_KEYS = 50_000;
/** Longest time that a timer takes (2^31 - 1 ms, HTML standard, section 8.7). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Answers in this process's memory, for a router that runs alone; a restart loses them. */
export function createMemoryAnswers(
  config: AnswersConfig,
  ports: Pick<RouterPorts, "now" | "monotonic" | "timer">,
  run: RunAnswer,
  notify: AnswerPorts["notify"],
): AnswerStore {
  const objects = new Map<string, KeptAnswer>();
  const owners = new Map<string, number>();
  const nothing = createAnswerObject({
    ...ports,
    config,
    storage: NOTHING,
    run,
    notify,
    onBegin: () => undefined,
  });

  const keys = new Set<string>();

  const create = (id: string, owner: string): KeptAnswer => {
    const count = (by: number): void => {
      const left = (owners.get(owner) ?? 0) + by;
      if (left > 0) owners.set(owner, left);
      else owners.delete(owner);
    };
    let counted = true;
    const uncount = (): void => {
      if (counted) count(-1);
      counted = false;
    };
    const attend = async (): Promise<void> => {
      // Dropped for younger keys, or known to be nothing already.
      if (objects.get(id) !== made) return;
      const nextMs = await made.tick();
      const kept = made.kept();
      if (kept !== "answer") uncount();
      if (kept === "nothing") {
        objects.delete(id);
        keys.delete(id);
      } else if (kept === "key" && !keys.has(id)) {
        keys.add(id);
        const [oldest] = keys;
        if (keys.size > MOST_KEYS && oldest !== undefined) {
          keys.delete(oldest);
          objects.delete(oldest);
        }
      }
      if (kept === "nothing" || nextMs === null) return;
      const waitMs = Math.min(LONGEST_TIMER_MS, Math.max(0, nextMs - ports.now()));
      ports.timer(waitMs, () => void attend());
    };
    const made = createAnswerObject({
      ...ports,
      config,
      storage: NOTHING,
      run,
      notify,
      onBegin: (ended) => void ended.then(attend),
    });
    objects.set(id, made);
    count(1);
    return made;
  };

  return {
    open: (id): AnswerObject => ({
      post: async (job, view) => {
        const known = objects.get(id);
        if (known !== undefined) return known.post(job, view);
        const owner = job.caller.name;
        if ((owners.get(owner) ?? 0) >= config.mostPerCaller) {
          const message = `${config.mostPerCaller} answers of this caller are kept already`;
          return refusalResponse(new HttpRefusal("rate_limited", message), job.requestId);
        }
        return create(id, owner).post(job, view);
      },
      events: async (owner, view) => (objects.get(id) ?? nothing).events(owner, view),
      read: async (owner) => (objects.get(id) ?? nothing).read(owner),
      cancel: async (owner) => (objects.get(id) ?? nothing).cancel(owner),
    }),
  };
}
