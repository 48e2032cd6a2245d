import { QwqError } from "@qwq-fit/schema";

type Json = Readonly<Record<string, unknown>>;

/** A resource that a template makes, under given parameters. */
export interface PlannedResource {
  readonly logicalId: string;
  readonly type: string;
  /** Its name, where the template says one. */
  readonly name: string | null;
}

/** A template with the parameters that it is told. */
export interface ResolvedTemplate {
  /** As it is sent: without white space. */
  readonly body: string;
  /** Every parameter: as told, else its default. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly resources: readonly PlannedResource[];
  /** Whether it makes roles or policies, which CloudFormation wants to be acknowledged. */
  readonly needsIam: boolean;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const objectOf = (value: unknown): Json => (isObject(value) ? value : {});
const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/** Names stand in these properties (CloudFormation's resource reference). */
const NAMES = [
  "EndpointName",
  "InferenceComponentName",
  "PolicyName",
  "DashboardName",
  "Url",
] as const;

/**
 * What a template makes under these parameters: its conditions are evaluated as CloudFormation does (Equals, Not, And, Or
 * over parameters), so that a dry run lists exactly what a run would make.
 *
 * @throws {QwqError} `invalid_value` for a parameter that the template does not have, that is missing, or that its pattern
 *   or range refuses; `internal` for a condition of another kind.
 */
export function resolveTemplate(
  text: string,
  told: Readonly<Record<string, string>>,
): ResolvedTemplate {
  const template = objectOf(JSON.parse(text));
  const parameters = parametersOf(objectOf(template["Parameters"]), told);
  const conditions = objectOf(template["Conditions"]);
  const holds = (name: string): boolean => evaluate(conditions[name], parameters, holds) === true;
  const made = Object.entries(objectOf(template["Resources"]))
    .map(([logicalId, value]) => ({ logicalId, one: objectOf(value) }))
    .filter(({ one }) => one["Condition"] === undefined || holds(textOf(one["Condition"])));
  const resources = made.map(({ logicalId, one }) => ({
    logicalId,
    type: textOf(one["Type"]),
    name: nameOf(objectOf(one["Properties"]), parameters),
  }));
  return {
    body: JSON.stringify(template),
    parameters,
    resources,
    needsIam: resources.some(({ type }) => /^AWS::IAM::(?:Role|Policy|ManagedPolicy)$/u.test(type)),
  };
}

function nameOf(properties: Json, parameters: Readonly<Record<string, string>>): string | null {
  for (const key of NAMES) {
    const value = properties[key];
    const name = isObject(value) ? parameters[textOf(value["Ref"])] : value;
    if (typeof name === "string") return name;
  }
  return null;
}

function parametersOf(
  declared: Json,
  told: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const unknown = Object.keys(told).find((name) => declared[name] === undefined);
  if (unknown !== undefined) {
    throw new QwqError("invalid_value", `the template has no parameter ${unknown}`);
  }
  return Object.fromEntries(
    Object.entries(declared).map(([name, value]) => {
      const rules = objectOf(value);
      const text =
        told[name] ?? (rules["Default"] === undefined ? undefined : textOf(rules["Default"]));
      if (text === undefined) throw new QwqError("invalid_value", `${name} is not told`);
      check(name, text, rules);
      return [name, text];
    }),
  );
}

function check(name: string, text: string, rules: Json): void {
  const refuse = (why: string): never => {
    throw new QwqError("invalid_value", `${name} cannot be "${text}": ${why}`);
  };
  const pattern = textOf(rules["AllowedPattern"]);
  // CloudFormation's patterns cover the whole value
  if (pattern !== "" && !new RegExp(`^(?:${pattern})$`, "u").test(text))
    refuse(`it must match ${pattern}`);
  if (rules["Type"] !== "Number") return;
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) refuse("it must be a number");
  const { MinValue: least, MaxValue: most } = rules;
  if (typeof least === "number" && value < least) refuse(`it must be at least ${least}`);
  if (typeof most === "number" && value > most) refuse(`it must be at most ${most}`);
}

function evaluate(
  expression: unknown,
  parameters: Readonly<Record<string, string>>,
  holds: (name: string) => boolean,
): boolean | string {
  if (!isObject(expression)) return textOf(expression);
  const [[kind, value] = ["", null]] = Object.entries(expression);
  const parts = (Array.isArray(value) ? value : [value]).map((part: unknown) =>
    kind === "Ref" || kind === "Condition" ? textOf(part) : evaluate(part, parameters, holds),
  );
  const [first = "", second = ""] = parts;
  if (kind === "Ref") return parameters[String(first)] ?? "";
  if (kind === "Condition") return holds(String(first));
  if (kind === "Fn::Equals") return first === second;
  if (kind === "Fn::Not") return first !== true;
  if (kind === "Fn::And") return parts.every((part) => part === true);
  if (kind === "Fn::Or") return parts.includes(true);
  throw new QwqError("internal", `a condition has ${kind}, which is not known here`);
}
