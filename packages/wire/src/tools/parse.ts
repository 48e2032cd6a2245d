import { isObject, parseJson, stringField } from "../json.ts";
import type { ChatTool, JsonSchema } from "../chat/request.ts";

/** A call that was found in a model's text; `arguments` is JSON as text. */
export interface ParsedCall {
  readonly name: string;
  readonly arguments: string;
}

/**
 * The calls in the inside of a `<tool_call>` element: JSON as Hermes and Qwen write it (several lines of
 * it too), or Qwen3-Coder's `<function=…><parameter=…>`. Null where it is neither.
 */
export function parseToolCall(
  inside: string,
  tools: readonly ChatTool[] = [],
): readonly ParsedCall[] | null {
  const text = inside.trim();
  if (text.startsWith("<function=")) return parseFunctionElements(text, tools);
  const whole = parseCallJson(text);
  if (whole !== null) return whole;
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const calls = lines.map(parseCallJson);
  return calls.length > 0 && calls.every((call) => call !== null) ? calls.flat() : null;
}

/** `{"name":…,"arguments"|"parameters":…}`, a list of them, or Llama 3's `{"type":"function",…}`. */
export function parseCallJson(text: string): readonly ParsedCall[] | null {
  const value = parseJson(text);
  if (Array.isArray(value)) {
    const calls = value.map((one: unknown) => callOf(one));
    return calls.length > 0 && calls.every((call) => call !== null) ? calls : null;
  }
  const call = callOf(value);
  return call === null ? null : [call];
}

function callOf(value: unknown): ParsedCall | null {
  const inner = isObject(value) && isObject(value["function"]) ? value["function"] : value;
  const name = stringField(inner, "name") ?? stringField(inner, "function");
  if (name === undefined || !isObject(inner)) return null;
  const given = inner["arguments"] ?? inner["parameters"] ?? {};
  // Some models write the arguments as JSON inside a string.
  const text = typeof given === "string" ? given : JSON.stringify(given);
  return typeof given === "string" && !isObject(parseJson(given))
    ? null
    : { name, arguments: text };
}

const FUNCTION = /<function=([^>\n]+)>([\s\S]*?)(?:<\/function>|$)/g;
const PARAMETER =
  /<parameter=([^>\n]+)>\n?([\s\S]*?)\n?(?=<\/parameter>|<parameter=|<\/function>|$)/g;

/** Qwen3-Coder's form; a parameter's text is read by its declared type. */
function parseFunctionElements(
  text: string,
  tools: readonly ChatTool[],
): readonly ParsedCall[] | null {
  const calls = [...text.matchAll(FUNCTION)].map(([, name = "", body = ""]) => {
    const declared = tools.find((tool) => tool.function.name === name.trim())?.function.parameters;
    const entries = [...body.matchAll(PARAMETER)].map(
      ([, key = "", value = ""]) =>
        [key.trim(), readParameter(value, schemaOf(declared, key.trim()))] as const,
    );
    return { name: name.trim(), arguments: JSON.stringify(Object.fromEntries(entries)) };
  });
  return calls.length === 0 ? null : calls;
}

function schemaOf(parameters: JsonSchema | undefined, name: string): unknown {
  const properties = parameters?.["properties"];
  return isObject(properties) ? properties[name] : undefined;
}

/** A string stays text; for any other or no declared type JSON is read where the text is JSON. */
function readParameter(text: string, schema: unknown): unknown {
  if (stringField(schema, "type") === "string") return text;
  const value = parseJson(text.trim());
  return value === undefined ? text : value;
}
