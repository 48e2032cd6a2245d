import { QwqError } from "@qwq-fit/schema";
import { isJsonObject } from "./schema-node.ts";

/** The part of a schema document that a local reference names. @throws QwqError `invalid_request`. */
export function resolvePointer(document: unknown, reference: string): unknown {
  if (reference === "#") return document;
  if (!reference.startsWith("#/")) {
    throw new QwqError(
      "invalid_request",
      `The schema refers to ${reference}: only its own parts can be.`,
    );
  }
  let at: unknown = document;
  for (const step of reference.slice(2).split("/")) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(at)) at = at[Number(key)];
    else at = isJsonObject(at) ? at[key] : undefined;
    if (at === undefined) {
      throw new QwqError(
        "invalid_request",
        `The schema refers to ${reference}, which is not there.`,
      );
    }
  }
  return at;
}
