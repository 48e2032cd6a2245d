// Writes a text, and shows how it is thought out, and where that ran.
//   node write-article.ts "Why heat pumps work in winter"
import { type Client, createClient } from "qwq-fit";

/** Where the two channels of an answer go. */
export interface Desk {
  thought(piece: string): void;
  text(piece: string): void;
}

/** Streams an article; its thinking comes apart from its text, whatever the model and its server call it. */
export async function writeArticle(ai: Client, topic: string, desk: Desk): Promise<string> {
  const stream = await ai.chat.completions.create(
    {
      messages: [{ role: "user", content: `Write a clear article of 400 words: ${topic}` }],
      max_tokens: 8192,
      stream: true,
    },
    // Should the machine that writes it fail, another goes on from the same word.
    { mode: "continue" },
  );
  for await (const chunk of stream) {
    const delta = chunk.choices[0]?.delta;
    if (delta?.reasoning_content) desk.thought(delta.reasoning_content);
    if (delta?.content) desk.text(delta.content);
  }
  const { node, attempts, actual } = await stream.receipt;
  const seconds = ((actual.totalMs ?? 0) / 1000).toFixed(1);
  return `written on ${node} in ${seconds} s, ${attempts.length} attempt(s)`;
}

if (process.argv[1] === import.meta.filename) {
  const ai = createClient({ model: "qwq-32b", policy: { objective: "prefer-local" } });
  const [dim, plain] = ["\u001B[2m", "\u001B[0m"];
  const told = await writeArticle(ai, process.argv[2] ?? "Why heat pumps work in winter", {
    thought: (piece) => process.stderr.write(dim + piece + plain),
    text: (piece) => process.stdout.write(piece),
  });
  console.error(`\n${dim}${told}${plain}`);
}
