// Uses the local client of argv[2] (a GGUF file) with the servers of argv[3], and prints every place that a socket of
// this process was opened to, every name that was looked up, and the answer. Run by itself.
import dns from "node:dns";
import net from "node:net";
import { createLocalClient } from "../../packages/qwq-fit/src/local.ts";

const places: string[] = [];
// oxlint-disable-next-line typescript/unbound-method -- called with the socket below
const { connect } = net.Socket.prototype;
// All of Node's TCP and TLS goes through here, fetch's too.
net.Socket.prototype.connect = function watched(this: net.Socket, ...given: unknown[]): net.Socket {
  const [first] = given.flat();
  const of = (name: string): unknown =>
    typeof first === "object" && first !== null ? Reflect.get(first, name) : first;
  places.push(`${String(of("host") ?? of("path"))}:${String(of("port"))}`);
  return Reflect.apply(connect, this, given);
};
const { lookup } = dns;
Object.assign(dns, {
  lookup: (name: string, ...rest: unknown[]) => {
    if (name !== "127.0.0.1") places.push(`lookup ${name}`);
    return Reflect.apply(lookup, dns, [name, ...rest]);
  },
});

const [, , model = "", stateDir = ""] = process.argv;
const ai = createLocalClient({ model, local: { stateDir, start: "prepare" } });
const messages = [{ role: "user" as const, content: "a secret" }];
const errors: string[] = [];
const attempt = async (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    return await work();
  } catch (error) {
    errors.push(error instanceof Error && "code" in error ? String(error.code) : String(error));
    return null;
  }
};
let text = "";
const stream = await ai.chat.completions.create({ messages, max_tokens: 99, stream: true });
for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
await attempt(() =>
  ai.chat.completions.create({ messages, max_tokens: 99 }, { policy: { privacy: "any" } }),
);
await attempt(() => ai.embeddings.create({ input: "a secret" }));
await attempt(() =>
  ai.fetch("https://203.0.113.9/v1/chat/completions", { method: "POST", body: "{}" }),
);
const gone = createLocalClient({ model: "hf:some/where", local: { stateDir } });
await attempt(() => gone.chat.completions.create({ messages }));
// A plan probes the machine: engines at their loopback ports are asked for their names, with nothing of the caller's.
const used = [...new Set(places)];
await attempt(() => ai.plan());
await attempt(() => gone.plan());
process.stdout.write(JSON.stringify({ text, used, planned: [...new Set(places)], errors }));
