// A support agent: it looks up help articles and orders by itself, then answers.
//   node support-agent.ts "Where is order 1042, and can I still return it?"
import { type Client, createClient } from "qwq-fit";

/** Your data: a database and your help pages. */
const ORDERS: Readonly<Record<string, string>> = { "1042": "shipped on Monday, arrives Thursday" };
const ARTICLES = [
  "Returns: within 30 days of arrival, free of charge, with the label in the parcel.",
  "Delivery: three to five working days; express arrives on the next working day.",
  "Payment: card, transfer or invoice. Invoices are due within 14 days.",
];

const TOOLS = [
  tool("search_help", "Finds help articles", "query"),
  tool("order_status", "Tells where an order is", "order_id"),
];

function tool(name: string, description: string, parameter: string) {
  const properties = { [parameter]: { type: "string" } };
  const parameters = { type: "object", properties, required: [parameter] };
  return { type: "function" as const, function: { name, description, parameters } };
}

/** The two articles nearest to the query, by the cosine of their embeddings. */
async function searchHelp(ai: Client, query: string): Promise<string> {
  const list = (await ai.embeddings.create({ input: [query, ...ARTICLES] })) as {
    data: { embedding: number[] }[];
  };
  const [asked = [], ...articles] = list.data.map(({ embedding }) => embedding);
  const dot = (a: number[], b: number[]): number =>
    a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  const near = (b: number[]): number => dot(asked, b) / Math.sqrt(dot(asked, asked) * dot(b, b));
  const best = ARTICLES.map((text, i) => ({ text, score: near(articles[i] ?? []) }));
  best.sort((a, b) => b.score - a.score);
  return best
    .slice(0, 2)
    .map(({ text }) => text)
    .join("\n");
}

async function runTool(ai: Client, name: string, input: Record<string, unknown>): Promise<string> {
  if (name === "search_help") return searchHelp(ai, String(input["query"]));
  if (name === "order_status") return ORDERS[String(input["order_id"])] ?? "there is no such order";
  return `there is no tool ${name}`;
}

/** Answers a customer; at most five rounds of tools. */
export async function answerCustomer(ai: Client, question: string): Promise<string> {
  const system = "You help customers of a shop. Use the tools; say so where you do not know.";
  const messages: Parameters<Client["chat"]["completions"]["create"]>[0]["messages"][number][] = [
    { role: "system", content: system },
    { role: "user", content: question },
  ];
  for (let round = 0; round < 5; round++) {
    const answer = await ai.chat.completions.create({ messages, tools: TOOLS, max_tokens: 2048 });
    const message = answer.choices[0]?.message;
    const calls = message?.tool_calls ?? [];
    if (calls.length === 0) return message?.content ?? "";
    messages.push({ role: "assistant", content: message?.content ?? null, tool_calls: calls });
    for (const { id, function: called } of calls) {
      const content = await runTool(ai, called.name, JSON.parse(called.arguments));
      messages.push({ role: "tool", tool_call_id: id, content });
    }
  }
  return "This takes longer than it should: a colleague will answer you.";
}

if (process.argv[1] === import.meta.filename) {
  // Customers' data stays on this machine and in this network.
  const ai = createClient({ model: "qwq-32b", policy: { privacy: "own-network" } });
  console.log(await answerCustomer(ai, process.argv[2] ?? "How do I return something?"));
}
