import type { ChatRequest, ChatTool } from "@qwq-fit/wire";
import type { EngineInfo } from "../../engine.ts";
import type { GenerateConstraint } from "../../generate-request.ts";
import { fieldError } from "../http-error.ts";
import type { ContentRule } from "./content-rule.ts";
import { joinSchemas } from "./join-schemas.ts";

/** Whether the answer must be a call. */
export function forcesCall(choice: NonNullable<ChatRequest["tool_choice"]>): boolean {
  return choice === "required" || typeof choice === "object";
}

/** What the answer must be, by `response_format`. */
export function contentOf(request: ChatRequest): ContentRule {
  const format = request.response_format;
  if (format?.type === "json_schema" && format.json_schema.schema !== undefined) {
    return { kind: "schema", schema: format.json_schema.schema };
  }
  return { kind: format?.type === "json_object" ? "json" : "text" };
}

/** What the tokens after the thought are held to. A forced call is JSON `{"name":…,"arguments":…}`. */
export function constraintOf(
  request: ChatRequest,
  tools: readonly ChatTool[],
  choice: NonNullable<ChatRequest["tool_choice"]>,
  info: EngineInfo,
): GenerateConstraint | null {
  const content = contentOf(request);
  if (forcesCall(choice)) {
    if (info.capabilities.separatesChat) return null;
    requireSchemas(info, "tool_choice");
    const name = typeof choice === "object" ? choice.function.name : null;
    const named = tools.filter((tool) => name === null || tool.function.name === name);
    return { kind: "json-schema", schema: joinSchemas([], named) };
  }
  if (content.kind === "text") return null;
  requireSchemas(info, "response_format");
  const schema = content.kind === "json" ? { type: "object" } : content.schema;
  // With tools it may be a call instead, in JSON too: a grammar that leaves the call free leaves the answer free.
  if (tools.length > 0) return { kind: "json-schema", schema: joinSchemas([schema], tools) };
  return content.kind === "json" ? { kind: "json-object" } : { kind: "json-schema", schema };
}

function requireSchemas(info: EngineInfo, param: string): void {
  if (info.capabilities.jsonSchema) return;
  throw fieldError(
    "unsupported_combination",
    param,
    "this engine cannot hold its output to a schema",
  );
}
