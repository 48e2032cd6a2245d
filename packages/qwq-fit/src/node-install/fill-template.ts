import { QwqError } from "@qwq-fit/schema";

/**
 * A template with `{{name}}` filled in. Values are inserted as they stand: they must be quoted for the file's kind before.
 * A line that holds nothing but an empty value is left out.
 *
 * @throws {QwqError} `internal` for a name without a value, or a value without a place.
 */
export function fillTemplate(text: string, values: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const filled = text
    .split("\n")
    .flatMap((line) => {
      const alone = /^\s*\{\{(\w+)\}\}\s*$/u.exec(line)?.[1];
      if (alone !== undefined && values[alone] === "") {
        used.add(alone);
        return [];
      }
      return line.replaceAll(/\{\{(\w+)\}\}/gu, (_, name: string) => {
        const value = values[name];
        if (value === undefined) throw new QwqError("internal", `the template asks for ${name}`);
        used.add(name);
        return value;
      });
    })
    .join("\n");
  const idle = Object.keys(values).find((name) => !used.has(name));
  if (idle !== undefined) throw new QwqError("internal", `the template has no place for ${idle}`);
  return filled;
}
