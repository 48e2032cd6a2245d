// What the client must do on every runtime, as one function over nothing but what each has. Bundled for each by
// bundle.ts; `globalThis.probe` is what hosts call.
import { ClientError, createClient, type Client } from "@qwq-fit/client";

/** What came of each check: "ok", "not here: …" where the host lacks what the API is made of, or what went wrong. */
export type Findings = Record<string, string>;

const messages = [{ role: "user" as const, content: "hi" }];

async function text(
  ai: Client,
  model = "whole",
): Promise<{ answer: string; thought: string; node: string }> {
  const stream = await ai.chat.completions.create({ model, messages, stream: true });
  let [answer, thought] = ["", ""];
  for await (const chunk of stream) {
    answer += chunk.choices[0]?.delta.content ?? "";
    thought += chunk.choices[0]?.delta.reasoning_content ?? "";
  }
  const { node } = await stream.receipt;
  return { answer, thought, node };
}

function equal(got: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${a} instead of ${b}`);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "no error";
  } catch (error) {
    return error instanceof ClientError ? error.code : String(error);
  }
}

/** The host lacks this global, without which an API of the platform's own shape cannot be. */
const lacks = (name: string): string | null =>
  Reflect.get(globalThis, name) === undefined ? `not here: no ${name}` : null;

const CHECKS: Readonly<Record<string, (ai: Client) => Promise<string | null | void>>> = {
  whole: async (ai) => {
    const answer = await ai.chat.completions.create({ messages });
    equal(answer.choices[0]?.message.content, "héllo wörld 🙂");
    equal((await answer.receipt).node, "own");
  },
  stream: async (ai) => {
    equal(await text(ai), { answer: "héllo wörld 🙂", thought: "hm", node: "own" });
  },
  failover: async (ai) => {
    const answer = await ai.chat.completions.create({ model: "fails-once", messages });
    equal((await answer.receipt).node, "spare");
  },
  "cut stream": async (ai) => equal(await codeOf(text(ai, "cut")), "stream_interrupted"),
  "continue after a cut": async (ai) => {
    const stream = await ai.chat.completions.create(
      { model: "cut-once", messages, stream: true, temperature: 0 },
      { mode: "continue" },
    );
    let answer = "";
    for await (const chunk of stream) answer += chunk.choices[0]?.delta.content ?? "";
    equal(answer, "héllo wörld 🙂");
  },
  abort: async (ai) => {
    const abort = new AbortController();
    const asked = ai.chat.completions.create(
      { model: "silent", messages },
      { signal: abort.signal },
    );
    setTimeout(() => abort.abort(), 20);
    equal(await codeOf(asked), "aborted");
  },
  refusal: async (ai) => {
    equal(await codeOf(ai.chat.completions.create({ model: "refused", messages })), "unauthorized");
  },
  schema: async (ai) => {
    const schema = { name: "n", jsonSchema: {}, validate: (value: unknown) => value };
    const { value } = await ai.chat.completions.parse({ model: "json", messages }, schema);
    equal(value, { n: 4 });
  },
  embeddings: async (ai) => equal(await ai.embeddings.create({ input: "a" }), { data: [] }),
  "token count": async (ai) => {
    equal((await ai.countTokens({ messages })).method, "estimated");
  },
  explain: async (ai) => {
    await Promise.resolve();
    equal(ai.explain({ messages }).decision.kind, "route");
  },
  "AI SDK, whole": async (ai) => {
    const prompt = [{ role: "user" as const, content: [{ type: "text", text: "hi" }] }];
    const { content } = await ai.languageModel().doGenerate({ prompt });
    equal(
      content.map((part) => part.type),
      ["reasoning", "text"],
    );
  },
  "AI SDK, stream": async (ai) => {
    const missing = lacks("ReadableStream");
    if (missing !== null) return missing;
    const prompt = [{ role: "user" as const, content: [{ type: "text", text: "hi" }] }];
    const reader = (await ai.languageModel().doStream({ prompt })).stream.getReader();
    let last = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      last = value.type;
    }
    equal(last, "finish");
    return null;
  },
  "fetch, Responses": async (ai) => {
    const missing = lacks("Request");
    if (missing !== null) return missing;
    const body = JSON.stringify({ model: "whole", input: "hi", stream: true });
    const response = await ai.fetch(`${ai.baseURL}/responses`, { method: "POST", body });
    equal((await response.text()).includes("event: response.completed"), true);
    return null;
  },
};

/** Runs all checks against a probe server. */
export async function probe(baseUrl: string): Promise<Findings> {
  const findings: Findings = {};
  for (const [name, check] of Object.entries(CHECKS)) {
    const target = { privacy: "own-network" as const, slots: 4, apiKey: "k" };
    // For each check anew: what one learnt of a target is not the next one's.
    const ai = createClient({
      model: "whole",
      policy: { objective: "prefer-local" },
      maxRetries: 0,
      targets: [
        { ...target, name: "own", baseUrl: `${baseUrl}/own/v1` },
        {
          ...target,
          name: "spare",
          baseUrl: `${baseUrl}/spare/v1`,
          privacy: "any",
          capabilities: { continuation: true },
          models: ["fails-once", "cut-once"],
        },
      ],
    });
    try {
      findings[name] = (await check(ai)) ?? "ok";
    } catch (error) {
      findings[name] = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
  }
  return findings;
}

Object.assign(globalThis, { probe });
