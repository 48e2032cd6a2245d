import type { AnswerStore } from "@qwq-fit/router";

/** Each answer is an object of its own, found by its id: repeats of one key meet in the same one. */
export function answerStore(env: Env): AnswerStore {
  return {
    open: (id) => {
      const stub = env.ANSWER.get(env.ANSWER.idFromName(id));
      return {
        post: (job, view) => stub.post(job, view),
        events: (owner, view) => stub.events(owner, view),
        read: (owner) => stub.read(owner),
        cancel: (owner) => stub.cancel(owner),
      };
    },
  };
}
