import { isObject } from "@qwq-fit/wire";
import type { SageMakerPorts } from "./ports.ts";
import type { AnswerHead } from "./stream/container-data.ts";

/** Whether usage was asked for at a stream's end. */
export const wantsUsage = (request: Readonly<Record<string, unknown>>): boolean =>
  isObject(request["stream_options"]) && request["stream_options"]["include_usage"] === true;

/** What the answer to a request is called, where its container has no name for it. */
export const headOf = (
  request: Readonly<Record<string, unknown>>,
  ports: Pick<SageMakerPorts, "id" | "now">,
): AnswerHead => ({
  id: `chatcmpl-${ports.id()}`,
  created: Math.floor(ports.now() / 1000),
  model: typeof request["model"] === "string" ? request["model"] : "",
});
