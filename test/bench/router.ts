// The router against a bare Hono pass-through on the same runtime, in one run, in turn:
//   node test/bench/router.ts [--seconds 3] [--rounds 3] [--beside 10]
import { type ChildProcess, spawn } from "node:child_process";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BENCH_KEY } from "./router-parts/key.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
    beside: { type: "string", default: "10" },
  },
});

const children: ChildProcess[] = [];

/** Starts a part in its own process; answers its port. */
function start(part: string, ...args: string[]): Promise<number> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "router-parts", part), ...args],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  children.push(child);
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (data: Buffer) =>
      resolve(Number(data.toString().trim().split("\n").at(-1))),
    );
    child.on("exit", () => reject(new Error(`${part} ended`)));
  });
}

interface Measured {
  readonly perSecond: number;
  readonly firstByteMs: number;
}

/** One answer; the time to its first byte. */
function ask(port: number, agent: Agent, body: string): Promise<number> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        port,
        host: "127.0.0.1",
        path: "/v1/chat/completions",
        method: "POST",
        agent,
        headers: { "content-type": "application/json", authorization: `Bearer ${BENCH_KEY}` },
      },
      (response) => {
        let firstMs = -1;
        response.on("data", () => {
          if (firstMs < 0) firstMs = performance.now() - startedMs;
        });
        response.on("end", () => {
          if (response.statusCode === 200) resolve(firstMs);
          else reject(new Error(`status ${response.statusCode}`));
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

async function load(
  port: number,
  stream: boolean,
  beside: number,
  seconds: number,
): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: beside });
  const body = JSON.stringify({
    model: "m",
    stream,
    messages: [{ role: "user", content: "ping" }],
  });
  const first: number[] = [];
  const untilMs = performance.now() + seconds * 1000;
  const work = async (): Promise<void> => {
    while (performance.now() < untilMs) first.push(await ask(port, agent, body));
  };
  await Promise.all(Array.from({ length: beside }, work));
  agent.destroy();
  first.sort((a, b) => a - b);
  return { perSecond: first.length / seconds, firstByteMs: first[first.length >> 1] ?? 0 };
}

const median = (list: number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0;

try {
  const upstream = await start("upstream.ts");
  const at = `http://127.0.0.1:${upstream}`;
  const ports = {
    node: upstream,
    floor: await start("floor.ts", at),
    router: await start("ours.ts", at),
  };
  const seconds = Number(values.seconds);
  console.log(
    `Node ${process.version}; ${values.rounds} rounds of ${seconds} s each, in turn; medians`,
  );
  for (const [name, stream, beside] of [
    ["whole answers", false, Number(values.beside)],
    ["streams", true, Number(values.beside)],
    ["streams, one at a time", true, 1],
  ] as const) {
    const got: Record<string, Measured[]> = { node: [], floor: [], router: [] };
    for (let round = 0; round <= Number(values.rounds); round++) {
      for (const [who, port] of Object.entries(ports)) {
        const measured = await load(port, stream, beside, round === 0 ? 1 : seconds);
        if (round > 0) got[who]?.push(measured);
      }
    }
    const of = (who: string, what: keyof Measured): number =>
      median((got[who] ?? []).map((one) => one[what]));
    const ratio = of("router", "perSecond") / of("floor", "perSecond");
    const added = of("router", "firstByteMs") - of("floor", "firstByteMs");
    console.log(
      `${name}: direct ${of("node", "perSecond").toFixed(0)}/s, bare Hono ${of("floor", "perSecond").toFixed(0)}/s, router ${of("router", "perSecond").toFixed(0)}/s (${(100 * ratio).toFixed(0)} % of bare); first byte +${added.toFixed(2)} ms`,
    );
  }
} finally {
  for (const child of children) child.kill();
}
