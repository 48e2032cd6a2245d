import { DurableObject } from "cloudflare:workers";
import {
  type AnswerJob,
  createAnswerObject,
  type KeptAnswer,
  type ViewWishes,
} from "@qwq-fit/router";
import { answerStorage } from "./answer-storage.ts";
import { readyRouter, sharedRouter } from "./shared-router.ts";

/** Longest that one alarm waits; Cloudflare ends an alarm after fifteen minutes. */
const ALARM_MS = 10 * 60_000;

/** One answer that outlives its connections. What it does is the router's; this keeps it alive and stored. */
export class Answer extends DurableObject<Env> {
  readonly #answer: KeptAnswer;
  #running: Promise<void> | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const waitUntil = (work: Promise<unknown>): void => ctx.waitUntil(work);
    const router = sharedRouter(env, waitUntil);
    this.#answer = createAnswerObject({
      now: () => Date.now(),
      monotonic: () => performance.now(),
      timer: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      config: router.config.answers,
      storage: answerStorage(ctx.storage),
      run: async (job, signal) =>
        (await readyRouter(env, waitUntil)).run(job, signal, { waitUntil }),
      notify: router.notify,
      onBegin: (ended) => {
        this.#running = ended.finally(() => {
          this.#running = null;
        });
        // An object without a request is put to sleep after ten seconds; one whose alarm runs is not.
        void ctx.storage.setAlarm(Date.now());
      },
    });
  }

  post(job: AnswerJob, view: ViewWishes): Promise<Response> {
    return this.#answer.post(job, view);
  }

  events(owner: string, view: ViewWishes): Promise<Response> {
    return this.#answer.events(owner, view);
  }

  read(owner: string): Promise<Response> {
    return this.#answer.read(owner);
  }

  cancel(owner: string): Promise<Response> {
    return this.#answer.cancel(owner);
  }

  override async alarm(): Promise<void> {
    const running = this.#running;
    if (running !== null) {
      const stop = new AbortController();
      const slept = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ALARM_MS);
        stop.signal.addEventListener("abort", () => clearTimeout(timer));
      });
      await Promise.race([running, slept]);
      stop.abort();
    }
    if (this.#running !== null) {
      await this.ctx.storage.setAlarm(Date.now());
      return;
    }
    const nextMs = await this.#answer.tick();
    if (nextMs !== null) await this.ctx.storage.setAlarm(nextMs);
  }
}
