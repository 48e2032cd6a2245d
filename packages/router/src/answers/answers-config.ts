import type { FieldReader } from "../config/read.ts";

/** How answers that outlive their connection are kept. */
export interface AnswersConfig {
  /** After the end, ms. */
  readonly keptMs: number;
  /** How long an idempotency key is known, ms; at least `keptMs`. */
  readonly keyKeptMs: number;
  /** Most characters of one answer. */
  readonly maxCharacters: number;
  /** Answers that one caller may have kept at once, running ones included (Node; elsewhere each has its own object). */
  readonly mostPerCaller: number;
  readonly webhooks: WebhookConfig;
}

/** Where webhooks may go, and with what they are signed. */
export interface WebhookConfig {
  /** Name of the secret from which each caller's own signing secret is derived; without it there are no webhooks. */
  readonly secret: string;
  /** Hosts (`host` or `host:port`) that may be reached though they are private or not https. */
  readonly trustedHosts: readonly string[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Reads the section `answers`; each setting has a default. */
export function readAnswers(reader: FieldReader): AnswersConfig {
  const webhooks = reader.object("webhooks");
  const keptMs = reader.number("keptMs", 10 * MINUTE_MS, 1, DAY_MS);
  const config: AnswersConfig = {
    keptMs,
    keyKeptMs: reader.number("keyKeptMs", Math.max(DAY_MS, keptMs), keptMs, 7 * DAY_MS),
    maxCharacters: reader.number("maxCharacters", 4 * 1024 * 1024, 1024, 64 * 1024 * 1024),
    mostPerCaller: reader.number("mostPerCaller", 100, 1, 1e6),
    webhooks: {
      secret: webhooks.text("secret", "QWQ_WEBHOOK_SECRET"),
      trustedHosts: webhooks.texts("trustedHosts"),
    },
  };
  webhooks.finish();
  reader.finish();
  return config;
}
