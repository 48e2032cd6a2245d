// A coding helper in the terminal. The code cannot leave this machine: this client has no way to send it elsewhere.
//   node code-helper.ts src/parse.ts        then ask, line by line
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { type Client, createLocalClient } from "qwq-fit/local";

/** A conversation about one file; each answer is written piece by piece, then remembered. */
export function talkAbout(
  ai: Client,
  file: { readonly name: string; readonly text: string },
  write: (piece: string) => void,
): (question: string, signal?: AbortSignal) => Promise<void> {
  const messages: { role: "system" | "user" | "assistant"; content: string }[] = [
    {
      role: "system",
      content: "You are a careful programmer. Answer briefly; show changed lines.",
    },
    { role: "user", content: `${file.name}:\n\`\`\`\n${file.text}\n\`\`\`` },
    { role: "assistant", content: "I have read it." },
  ];
  return async (question, signal) => {
    messages.push({ role: "user", content: question });
    let answer = "";
    const request = { messages, max_tokens: 8192, stream: true as const };
    for await (const chunk of await ai.chat.completions.create(request, { signal })) {
      const piece = chunk.choices[0]?.delta.content ?? "";
      answer += piece;
      write(piece);
    }
    messages.push({ role: "assistant", content: answer });
  };
}

if (process.argv[1] === import.meta.filename) {
  const name = process.argv[2] ?? import.meta.filename;
  const ai = createLocalClient({ model: "qwq-32b" });
  await ai.prepare({
    onProgress: ({ phase, done, total }) => console.error(phase, done, total ?? ""),
  });
  const ask = talkAbout(ai, { name, text: await readFile(name, "utf8") }, (piece) =>
    process.stdout.write(piece),
  );
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  for (;;) {
    const question = await terminal.question("\n> ");
    if (question === "") break;
    await ask(question);
  }
  terminal.close();
}
