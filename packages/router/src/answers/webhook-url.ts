import { isObject } from "@qwq-fit/wire";
import { HttpRefusal } from "../api/http-error.ts";
import type { RouterContext } from "../api/context.ts";
import { publicUrlProblem } from "./public-url.ts";

const LONGEST_URL = 2048;

/** The address in `webhook: {url}`, where it may be used. @throws HttpRefusal `invalid_value` */
export function readWebhookUrl(webhook: unknown, { config, ports }: RouterContext): string {
  const param = "webhook.url";
  const { secret, trustedHosts } = config.answers.webhooks;
  if (ports.secret(secret) === undefined) {
    throw new HttpRefusal("unsupported_combination", "this router sends no webhooks", { param });
  }
  const url = isObject(webhook) ? webhook["url"] : null;
  if (typeof url !== "string" || url.length > LONGEST_URL) {
    throw new HttpRefusal("invalid_value", "must be a URL", { param });
  }
  const problem = publicUrlProblem(url, trustedHosts);
  if (problem !== null) throw new HttpRefusal("invalid_value", problem, { param });
  return url;
}
