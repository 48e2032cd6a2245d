import type { NodeSnapshot } from "@qwq-fit/schema";
import type { Caller } from "../guard/caller.ts";

interface ListedModel {
  readonly id: string;
  readonly object: "model";
  readonly created: 0;
  readonly owned_by: "qwq-fit";
  readonly context_length: number | null;
  readonly max_output_tokens: number | null;
  readonly nodes: number;
  readonly ready: boolean;
  readonly capabilities: readonly string[];
}

const ABILITIES = [
  "tools",
  "jsonSchema",
  "vision",
  "embeddings",
  "logprobs",
  "continuation",
] as const;

const most = (a: number | null, b: number | null | undefined): number | null =>
  a === null ? (b ?? null) : Math.max(a, b ?? 0);

/** All models of all nodes that the caller may use, each once, with the most that any of its nodes can do. */
export function listModels(
  snapshots: readonly NodeSnapshot[],
  caller: Caller,
): { readonly object: "list"; readonly data: readonly ListedModel[] } {
  const models = new Map<string, ListedModel>();
  for (const { node, state } of snapshots) {
    const able = ABILITIES.filter((one) => node.capabilities[one]);
    for (const model of node.models) {
      if (caller.models !== null && !caller.models.includes(model.id)) continue;
      const known = models.get(model.id);
      models.set(model.id, {
        id: model.id,
        object: "model",
        created: 0,
        owned_by: "qwq-fit",
        context_length: most(model.contextTokens, known?.context_length),
        max_output_tokens: most(model.maxOutputTokens, known?.max_output_tokens),
        nodes: (known?.nodes ?? 0) + 1,
        ready: known?.ready === true || state === "serveable" || state === "unknown",
        capabilities: [...new Set([...(known?.capabilities ?? []), ...able])],
      });
    }
  }
  return { object: "list", data: [...models.values()] };
}
