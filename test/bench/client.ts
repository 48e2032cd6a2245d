// What the client costs over raw `fetch` on a stream of 1,000 tokens, each read and parsed, in one run, in turn:
//   node test/bench/client.ts [--rounds 9] [--paced-rounds 5] [--json]
// Raw: `fetch`, its bytes read to the end. By hand: lines split and each event parsed, as every program without a
// client must. Paced: a token a millisecond. And what a decision costs.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createClient } from "@qwq-fit/client";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    "paced-rounds": { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
const messages = [{ role: "user" as const, content: "Say a thousand words." }];

const child = spawn(process.execPath, [join(import.meta.dirname, "client-upstream.ts")], {
  stdio: ["ignore", "pipe", "inherit"],
});
const port = await new Promise<number>((resolve, reject) => {
  child.stdout.once("data", (data: Buffer) => resolve(Number(data.toString())));
  child.once("exit", () => reject(new Error("the server ended")));
});
const base = `http://127.0.0.1:${port}/v1`;

async function open(pace: number): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const body = JSON.stringify({ model: "m", messages, stream: true });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${base}/chat/completions?pace=${pace}`, {
    method: "POST",
    headers,
    body,
  });
  if (response.body === null) throw new Error("no body");
  return response.body.getReader();
}

async function raw(pace: number): Promise<number> {
  const reader = await open(pace);
  for (let bytes = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return bytes;
    bytes += value.length;
  }
}

async function byHand(pace: number): Promise<number> {
  const reader = await open(pace);
  const decoder = new TextDecoder();
  let [rest, text] = ["", ""];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text.length;
    const events = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      const data = event.slice("data: ".length);
      if (data === "[DONE]") continue;
      const chunk = JSON.parse(data) as { choices: { delta: { content?: string } }[] };
      text += chunk.choices[0]?.delta.content ?? "";
    }
  }
}

const clients = new Map(
  [0, 1].map((pace) => {
    // The pace stands in the query, which a target's address does not have: its own `fetch` adds it.
    const send: typeof fetch = (input, init) => {
      if (typeof input !== "string") throw new TypeError("targets are asked by their address");
      return fetch(`${input}?pace=${pace}`, init);
    };
    const targets = [{ name: "node", baseUrl: base, privacy: "device" as const, slots: 8 }];
    return [pace, createClient({ model: "m", targets, fetch: send })];
  }),
);

async function throughClient(pace: number): Promise<number> {
  const stream = await clients.get(pace)?.chat.completions.create({ messages, stream: true });
  let text = "";
  for await (const chunk of stream ?? []) text += chunk.choices[0]?.delta.content ?? "";
  return text.length;
}

const WAYS = { raw, byHand, client: throughClient };
type Way = keyof typeof WAYS;
interface Took {
  readonly ms: number;
  readonly cpuMs: number;
}

const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;

/** Each way in turn, so that whatever else the machine does falls on all. */
async function measure(pace: number, rounds: number): Promise<Record<Way, Took>> {
  const names: readonly Way[] = ["raw", "byHand", "client"];
  const seen = { raw: [] as Took[], byHand: [] as Took[], client: [] as Took[] };
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const cpu = process.cpuUsage();
      const startedMs = performance.now();
      const got = await WAYS[name](pace);
      const ms = performance.now() - startedMs;
      const used = process.cpuUsage(cpu);
      if (got < 5000) throw new Error(`${name} read ${got}`);
      seen[name].push({ ms, cpuMs: (used.user + used.system) / 1000 });
    }
  }
  const of = (name: Way): Took => ({
    ms: median(seen[name].map((one) => one.ms)),
    cpuMs: median(seen[name].map((one) => one.cpuMs)),
  });
  return { raw: of("raw"), byHand: of("byHand"), client: of("client") };
}

/** Ms of one decision between four targets. */
function decision(): number {
  const targets = ["a", "b", "c", "d"].map((name) => ({
    name,
    baseUrl: base,
    privacy: "any" as const,
  }));
  const ai = createClient({ model: "m", targets });
  const times: number[] = [];
  for (let i = 0; i < 3000; i++) {
    const startedMs = performance.now();
    ai.explain({ messages });
    times.push(performance.now() - startedMs);
  }
  return median(times.slice(500));
}

await measure(0, 30);
const unpaced = await measure(0, Number(values.rounds) * 5);
const paced = await measure(1, Number(values["paced-rounds"]));
const decisionMs = decision();
child.kill();

const over = (a: number, b: number): string =>
  `${a >= b ? "+" : ""}${((a / b - 1) * 100).toFixed(1)} %`;
if (values.json) console.log(JSON.stringify({ paced, unpaced, decisionMs }));
else {
  for (const [what, { raw: bare, byHand: hand, client }] of Object.entries({ paced, unpaced })) {
    console.log(
      `${what}, 1,000 tokens: raw fetch ${bare.ms.toFixed(1)} ms, parsed by hand ${hand.ms.toFixed(1)} ms, client ${client.ms.toFixed(1)} ms`,
    );
    console.log(
      `  client over raw ${over(client.ms, bare.ms)}, over by hand ${over(client.ms, hand.ms)}; CPU ${bare.cpuMs.toFixed(1)} / ${hand.cpuMs.toFixed(1)} / ${client.cpuMs.toFixed(1)} ms`,
    );
  }
  console.log(`a decision between four targets: ${decisionMs.toFixed(4)} ms`);
}
