// What stands out in a table, as data that a program can go on with.
//   node analyze-csv.ts sales.csv
import { readFile } from "node:fs/promises";
import { type Client, createClient } from "qwq-fit";

export interface Findings {
  summary: string;
  findings: { column: string; what: string; severity: "info" | "warning" }[];
}

/** The shape that is asked for. */
const SCHEMA = {
  type: "object",
  properties: {
    summary: { type: "string" },
    findings: {
      type: "array",
      items: {
        type: "object",
        properties: {
          column: { type: "string" },
          what: { type: "string" },
          severity: { enum: ["info", "warning"] },
        },
        required: ["column", "what", "severity"],
      },
    },
  },
  required: ["summary", "findings"],
};

/** Rows of a CSV text; quoted fields may hold commas, quotes and line breaks. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, bare, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gu,
  )) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? bare ?? "");
    if (end === "") break;
    if (end !== ",") rows.push([]);
  }
  return rows.filter((row) => row.some((field) => field !== ""));
}

/** What a model need not count itself: it is told the numbers. */
function describe(rows: string[][]): string {
  const [header = [], ...body] = rows;
  const lines = header.map((name, column) => {
    const values = body.map((row) => row[column] ?? "");
    const numbers = values.filter((value) => value !== "").map(Number);
    const missing = values.length - numbers.length;
    if (numbers.length === 0 || numbers.some(Number.isNaN)) {
      return `${name}: text, ${new Set(values).size} different, ${missing} missing`;
    }
    const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
    const range = `${Math.min(...numbers)} to ${Math.max(...numbers)}, mean ${mean.toFixed(2)}`;
    return `${name}: numbers, ${range}, ${missing} missing`;
  });
  return `${body.length} rows\n${lines.join("\n")}\n\n${rows.slice(0, 20).join("\n")}`;
}

/** Findings about columns that exist; an answer that breaks this is repaired once, or is an error. */
export async function analyzeCsv(ai: Client, csv: string): Promise<Findings> {
  const rows = parseCsv(csv);
  const columns = rows[0] ?? [];
  const content = `What stands out in this table?\n\n${describe(rows)}`;
  const { value } = await ai.chat.completions.parse(
    { messages: [{ role: "user", content }], max_tokens: 4096 },
    {
      name: "findings",
      jsonSchema: SCHEMA,
      validate: (answer): Findings => {
        const found = answer as Findings;
        const strange = found.findings.find(({ column }) => !columns.includes(column));
        if (strange !== undefined) throw new Error(`there is no column ${strange.column}`);
        return found;
      },
    },
  );
  return value;
}

if (process.argv[1] === import.meta.filename) {
  const ai = createClient({ model: "qwq-32b", policy: { objective: "prefer-local" } });
  console.log(await analyzeCsv(ai, await readFile(process.argv[2] ?? "data.csv", "utf8")));
}
