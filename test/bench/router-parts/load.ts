import { Agent, request } from "node:http";
import { BENCH_KEY } from "./key.ts";

/** One window of load. */
export interface Measured {
  readonly perSecond: number;
  /** Of the answers in the window, the middle time to the first byte of the body. */
  readonly firstByteMs: number;
}

/** How a window of load is made. */
export interface Load {
  readonly stream: boolean;
  /** Events one write each, instead of all at once. */
  readonly paced: boolean;
  readonly beside: number;
}

/** Where requests go, and the headers that this gateway wants. */
export interface Door {
  readonly port: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const END = Buffer.from("[DONE]");

/** One answer; the time to its first byte. A stream that does not end in `[DONE]` is no answer. */
function ask(
  { port, headers }: Door,
  agent: Agent,
  body: string,
  stream: boolean,
): Promise<number> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        port,
        host: "127.0.0.1",
        path: "/v1/chat/completions",
        method: "POST",
        agent,
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${BENCH_KEY}`,
          ...headers,
        },
      },
      (response) => {
        let firstMs = -1;
        let whole = !stream;
        response.on("data", (data: Buffer) => {
          if (firstMs < 0) firstMs = performance.now() - startedMs;
          whole ||= data.includes(END);
        });
        response.on("end", () => {
          if (response.statusCode === 200 && whole) resolve(firstMs);
          else reject(new Error(`status ${response.statusCode}${whole ? "" : ", not whole"}`));
        });
        response.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Loads a door for a while. */
export async function load(door: Door, how: Load, seconds: number): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: how.beside });
  const body = JSON.stringify({
    model: "m",
    stream: how.stream,
    ...(how.paced ? { user: "paced" } : {}),
    messages: [{ role: "user", content: "ping" }],
  });
  const first: number[] = [];
  const startedMs = performance.now();
  const untilMs = startedMs + seconds * 1000;
  const work = async (): Promise<void> => {
    while (performance.now() < untilMs) first.push(await ask(door, agent, body, how.stream));
  };
  await Promise.all(Array.from({ length: how.beside }, work));
  const tookSeconds = (performance.now() - startedMs) / 1000;
  agent.destroy();
  return { perSecond: first.length / tookSeconds, firstByteMs: median(first) };
}

/** The middle of a list. */
export const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
