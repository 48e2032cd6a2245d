import { Refusal } from "./query.ts";

/** A template, as much of it as the server reads. */
export interface Template {
  readonly Parameters?: Readonly<Record<string, { Default?: unknown; AllowedPattern?: string }>>;
  readonly Resources: Readonly<Record<string, { Type: string }>>;
}

/** Refuses parameters as CloudFormation does. */
export function checkParameters(
  { Parameters = {} }: Template,
  told: Readonly<Record<string, string>>,
): void {
  const unknown = Object.keys(told).filter((name) => Parameters[name] === undefined);
  const missing = Object.keys(Parameters).filter(
    (name) => told[name] === undefined && Parameters[name]?.Default === undefined,
  );
  if (unknown.length > 0) {
    throw new Refusal(
      "ValidationError",
      `Parameters: [${unknown.join(", ")}] do not exist in the template`,
    );
  }
  if (missing.length > 0)
    throw new Refusal("ValidationError", `Parameters: [${missing.join(", ")}] must have values`);
  for (const [name, value] of Object.entries(told)) {
    const pattern = Parameters[name]?.AllowedPattern;
    if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, "u").test(value)) {
      throw new Refusal(
        "ValidationError",
        `Parameter ${name} failed to satisfy constraint: ${pattern}`,
      );
    }
  }
}
