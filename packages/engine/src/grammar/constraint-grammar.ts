import { QwqError } from "@qwq-fit/schema";
import type { GenerateConstraint } from "../generate-request.ts";
import { normaliseSchema } from "./normalise-schema.ts";
import { schemaGrammar } from "./schema-grammar.ts";
import type { Unheld } from "./schema-node.ts";
import { validateJson } from "./validate-json.ts";

/** A constraint as the engine can hold it, and what it cannot hold while tokens are chosen. */
export interface CompiledConstraint {
  /** llama.cpp's grammar language. */
  readonly grammar: string;
  /** Rules of the schema that are only checked afterwards, by `parseConstrained`. */
  readonly unheld: readonly Unheld[];
}

/** Normalises a schema and writes its grammar. @throws QwqError `invalid_request` for a schema that is none. */
export function compileConstraint(constraint: GenerateConstraint): CompiledConstraint {
  if (constraint.kind === "gbnf") return { grammar: constraint.text, unheld: [] };
  const schema = normaliseSchema(
    constraint.kind === "json-object" ? { type: "object" } : constraint.schema,
  );
  const { text, unheldPatterns } = schemaGrammar(schema);
  const patterns = unheldPatterns.map((keyword) => ({ pointer: "", keyword }));
  return { grammar: text, unheld: [...schema.unheld, ...patterns] };
}

/**
 * The value in a finished answer, held against all that the schema says.
 * @throws QwqError `content_rejected` (details: violations) where it is no JSON or breaks the schema.
 */
export function parseConstrained(text: string, constraint: GenerateConstraint): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new QwqError("content_rejected", "The answer is no whole JSON text.", {
      cause: error,
      hint: "Raise max_tokens: an answer that is cut is not whole.",
    });
  }
  const violations =
    constraint.kind === "json-schema"
      ? validateJson(value, constraint.schema)
      : constraint.kind === "json-object"
        ? validateJson(value, { type: "object" })
        : [];
  if (violations.length > 0) {
    throw new QwqError("content_rejected", "The answer breaks its schema.", {
      details: { violations: violations.slice(0, 20) },
    });
  }
  return value;
}
