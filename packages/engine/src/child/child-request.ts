import { randomInt, randomUUID } from "node:crypto";
import { QwqError } from "@qwq-fit/schema";
import type { GenerateRequest } from "../generate-request.ts";
import { compileConstraint } from "../grammar/constraint-grammar.ts";
import type { ChatTemplate } from "../template/chat-template.ts";
import type { ChildRequest } from "./protocol.ts";

/** A request in the child's terms: rendered, its constraint as a grammar, its seed drawn. */
export function childRequest(
  request: GenerateRequest,
  template: ChatTemplate | null,
): ChildRequest {
  const rendered = renderPrompt(request, template);
  return {
    prompt: rendered.prompt,
    maxTokens: request.maxTokens ?? null,
    sampling: request.sampling ?? {},
    seed: request.sampling?.seed ?? randomInt(2 ** 32),
    stop: request.stop ?? [],
    ignoreEnd: request.ignoreEnd ?? false,
    logprobs: request.logprobs ?? null,
    grammar:
      request.constraint === undefined ? null : compileConstraint(request.constraint).grammar,
    thought: thoughtOf(request, template, rendered.opensThought),
    fairnessKey: request.fairnessKey ?? randomUUID(),
  };
}

function renderPrompt(
  request: GenerateRequest,
  template: ChatTemplate | null,
): { prompt: ChildRequest["prompt"]; opensThought: boolean | null } {
  const { prompt } = request;
  if (prompt.kind !== "chat") return { prompt, opensThought: null };
  if (template === null) {
    throw new QwqError("unsupported_combination", "The model's file has no chat template.");
  }
  const { text, opensThought } = template.render(
    prompt.messages,
    prompt.toolChoice === "none" ? [] : (prompt.tools ?? []),
    prompt.template,
  );
  return { prompt: { kind: "text", text }, opensThought };
}

/** What is known of the thought: the request's word, or what the template did. */
function thoughtOf(
  request: GenerateRequest,
  template: ChatTemplate | null,
  opensThought: boolean | null,
): ChildRequest["thought"] {
  const control = request.reasoning;
  const openTag = control?.openTag ?? template?.thought?.openTag;
  const closeTag = control?.closeTag ?? template?.thought?.closeTag;
  if (openTag === undefined || closeTag === undefined) return null;
  if (control === undefined && opensThought === null) return null;
  return {
    open: opensThought ?? control?.open ?? false,
    openTag,
    closeTag,
    budgetTokens: control?.budgetTokens ?? null,
  };
}
