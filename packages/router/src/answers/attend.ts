import type { AnswerPorts } from "./answer-ports.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { AnswerRecord, WebhookState } from "./record.ts";

/**
 * Pauses before each further try of a webhook, ms: the beginning of the schedule that Standard Webhooks recommends,
 * as far as an answer is kept.
 */
const PAUSES_MS = [5_000, 30_000, 120_000, 300_000] as const;
/** The receiver wants no more (Standard Webhooks, "Gone"). */
const GONE = 410;

/** What remains of a webhook after a try; null for nothing. */
function afterTry(webhook: WebhookState, status: number, nowMs: number): WebhookState | null {
  const pauseMs = PAUSES_MS[webhook.tries];
  if ((status >= 200 && status < 300) || status === GONE || pauseMs === undefined) return null;
  return { ...webhook, tries: webhook.tries + 1, nextMs: nowMs + pauseMs };
}

/**
 * Does what is due for an answer that has ended: tells its webhook, drops its text after a while, and its key after
 * a longer one. Comes back with when something is due again, epoch ms; null where nothing ever will be.
 */
export async function attend(life: Lifecycle, ports: AnswerPorts): Promise<number | null> {
  const { config, now, notify } = ports;
  let record = life.record();
  if (record === null || record.endedMs === null) return null;
  const { endedMs } = record;
  const { webhook } = record;
  if (webhook !== null && webhook.nextMs <= now() && now() < endedMs + config.keptMs) {
    const status = await notify(record, webhook.url).catch(() => 0);
    record = { ...record, webhook: afterTry(webhook, status, now()) };
    await life.change(record);
  }
  const forgetMs = endedMs + (record.keyed ? config.keyKeptMs : config.keptMs);
  if (now() >= forgetMs) {
    await life.forget();
    return null;
  }
  if (now() >= endedMs + config.keptMs) {
    if (record.status !== "forgotten") await life.change(forgotten(record));
    return forgetMs;
  }
  return Math.min(endedMs + config.keptMs, record.webhook?.nextMs ?? Infinity);
}

/** What a key must be known by, and nothing of the answer. */
const forgotten = (record: AnswerRecord): AnswerRecord => ({
  ...record,
  status: "forgotten",
  headers: {},
  error: null,
  receipt: null,
  webhook: null,
});
