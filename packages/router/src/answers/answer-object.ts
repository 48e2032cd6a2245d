import { HttpRefusal, refusalResponse } from "../api/http-error.ts";
import type { AnswerObject, AnswerPorts } from "./answer-ports.ts";
import { attend } from "./attend.ts";
import { createLifecycle } from "./lifecycle.ts";
import type { AnswerRecord } from "./record.ts";
import { resourceOf, wholeText } from "./resource.ts";
import { followLog, type ViewWishes } from "./view.ts";

/** An answer object and what its keeper must do for it. */
export interface KeptAnswer extends AnswerObject {
  /** Does what is due: word to the webhook, forgetting. Comes back with when to ask again (epoch ms), or null. */
  tick(): Promise<number | null>;
  /** What of it is kept: all, its key alone, or nothing. */
  kept(): "answer" | "key" | "nothing";
}

function refuse(code: string, message: string, status: number, param?: string): Response {
  const options = param === undefined ? { status } : { status, param };
  return refusalResponse(new HttpRefusal(code, message, options), "");
}

const unknown = (): Response => refuse("invalid_request", "there is no such answer", 404);

/** Answers are one caller's own, and change: nobody between may keep or buffer them. */
const PRIVATE = { "cache-control": "no-store, no-transform", "x-accel-buffering": "no" };

const headersOf = (record: AnswerRecord): Record<string, string> => ({
  ...record.headers,
  ...PRIVATE,
  "x-qwq-answer": record.id,
});

/** An answer object over its ports. */
export function createAnswerObject(ports: AnswerPorts): KeptAnswer {
  const life = createLifecycle(ports);
  const { keptMs } = ports.config;
  const resource = (record: AnswerRecord, status = 200): Response =>
    Response.json(resourceOf(record, life.log, keptMs), {
      status,
      headers: {
        ...PRIVATE,
        "x-qwq-answer": record.id,
        ...(status === 202 ? { location: `/v1/answers/${record.id}` } : {}),
      },
    });
  /** The record, where it is this caller's: another's answer is as unknown as one that never was. */
  const ownOf = async (owner: string): Promise<AnswerRecord | null> => {
    const record = await life.known();
    return record?.owner === owner && record.status !== "forgotten" ? record : null;
  };

  const stream = (record: AnswerRecord, view: ViewWishes): Response => {
    const { log } = life;
    const last = log.events.length;
    const failed = log.ended && record.status !== "completed";
    // What a restart lost cannot be told again, but that it was lost must be.
    const after = failed ? Math.min(view.after, Math.max(0, last - 1)) : view.after;
    if (after > last) {
      return refuse("invalid_value", "is past the end of this answer", 400, "last-event-id");
    }
    if (log.ended && after === last) {
      return new Response(null, {
        status: 204,
        headers: { ...PRIVATE, "x-qwq-answer": record.id },
      });
    }
    const receipt = (): string | null => life.record()?.receipt ?? null;
    return new Response(followLog(log, { ...view, after }, receipt, ports), {
      headers: { ...headersOf(record), "content-type": "text/event-stream" },
    });
  };
  /** The answer as it would have come without an object between. */
  const answered = async (view: ViewWishes): Promise<Response> => {
    const refusal = await life.begun;
    if (refusal !== null) {
      return new Response(refusal.body, { status: refusal.status, headers: refusal.headers });
    }
    const record = life.record();
    if (record?.streamed === true) return stream(record, view);
    await life.ended;
    const last = life.record();
    if (last === null) return unknown();
    if (last.status === "completed") {
      return new Response(wholeText(life.log), { headers: headersOf(last) });
    }
    const { code, message } = last.error ?? { code: "internal", message: "" };
    return refusalResponse(new HttpRefusal(code, message), "");
  };

  return {
    post: async (job, view) => {
      const known = await life.known();
      if (known === null) life.begin(job);
      else if (known.owner !== job.caller.name) return unknown();
      else if (known.fingerprint !== job.fingerprint) {
        return refuse(
          "invalid_value",
          "this key was used for another request",
          422,
          "idempotency-key",
        );
      } else if (known.status === "forgotten") {
        const gone = "the answer of this key has ended and is no longer kept";
        return refuse("invalid_request", gone, 409, "idempotency-key");
      }
      const record = life.record();
      return job.background && record !== null ? resource(record, 202) : answered(view);
    },
    events: async (owner, view) => {
      if ((await ownOf(owner)) === null) return unknown();
      await life.begun;
      const record = await ownOf(owner);
      if (record === null) return unknown();
      if (record.streamed !== false) return stream(record, view);
      return refuse("invalid_request", "this answer is no stream: ask for it without /events", 409);
    },
    read: async (owner) => {
      const record = await ownOf(owner);
      return record === null ? unknown() : resource(record);
    },
    cancel: async (owner) => {
      if ((await ownOf(owner)) === null) return unknown();
      await life.cancel();
      const record = await ownOf(owner);
      return record === null ? unknown() : resource(record);
    },
    tick: async () => {
      await life.known();
      return attend(life, ports);
    },
    kept: () => {
      const status = life.record()?.status;
      return status === undefined ? "nothing" : status === "forgotten" ? "key" : "answer";
    },
  };
}
