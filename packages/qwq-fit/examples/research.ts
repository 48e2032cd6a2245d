// Answers from given sources alone, and keeps which sentence came from where.
//   node research.ts "What does it cost?" notes/*.md
import { readFile } from "node:fs/promises";
import { type Client, createClient } from "qwq-fit";

export interface Source {
  readonly name: string;
  readonly text: string;
}

/** A statement, the source that it is from, and the words there that say so. */
export interface Claim {
  readonly statement: string;
  readonly source: string;
  readonly quote: string;
}

const claim = {
  type: "object",
  properties: {
    statement: { type: "string" },
    source: { type: "string" },
    quote: { type: "string" },
  },
  required: ["statement", "source", "quote"],
};
const SCHEMA = {
  type: "object",
  properties: { claims: { type: "array", items: claim } },
  required: ["claims"],
};

const plain = (text: string): string => text.toLowerCase().replaceAll(/\s+/gu, " ").trim();

/**
 * Claims whose quotes really stand in the sources. A made-up source or quote is told to the model, which may mend its
 * answer once; a second one is an error.
 */
export async function research(
  ai: Client,
  question: string,
  sources: readonly Source[],
): Promise<readonly Claim[]> {
  const library = sources.map(({ name, text }) => `<source name="${name}">\n${text}\n</source>`);
  const system = "Answer from the sources alone. Quote word for word. No claims without a source.";
  const { value } = await ai.chat.completions.parse(
    {
      messages: [
        { role: "system", content: system },
        { role: "user", content: `${library.join("\n")}\n\n${question}` },
      ],
      max_tokens: 4096,
    },
    {
      name: "claims",
      jsonSchema: SCHEMA,
      validate: (answer): readonly Claim[] => {
        const { claims } = answer as { claims: Claim[] };
        for (const { source, quote } of claims) {
          const found = sources.find(({ name }) => name === source);
          if (found === undefined) throw new Error(`there is no source ${source}`);
          if (!plain(found.text).includes(plain(quote))) {
            throw new Error(`${source} does not say "${quote}"`);
          }
        }
        return claims;
      },
    },
  );
  return value;
}

if (process.argv[1] === import.meta.filename) {
  const [question = "What do these say?", ...files] = process.argv.slice(2);
  const read = async (name: string): Promise<Source> => ({
    name,
    text: await readFile(name, "utf8"),
  });
  const ai = createClient({ model: "qwq-32b", policy: { objective: "prefer-local" } });
  for (const { statement, source, quote } of await research(
    ai,
    question,
    await Promise.all(files.map(read)),
  )) {
    console.log(`${statement}\n  ${source}: "${quote}"`);
  }
}
