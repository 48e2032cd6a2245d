// The router beside a bare pass-through on the same runtime, keys and limits on, in one run and in turn; prints the
// README's table:
//   node test/bench/router.ts [--on node|workerd] [--portkey [FOLDER]] [--seconds 0.5] [--rounds 7] [--warm 4]
// --portkey also measures @portkey-ai/gateway, which npm brings into FOLDER (default: node_modules/.cache).
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Door, type Load, load, type Measured, median } from "./router-parts/load.ts";
import { startPortkey } from "./router-parts/portkey.ts";
import { startPart, stopParts } from "./router-parts/start.ts";

const { values } = parseArgs({
  options: {
    on: { type: "string", default: "node" },
    portkey: { type: "boolean", default: false },
    "portkey-folder": {
      type: "string",
      default: join(import.meta.dirname, "../../node_modules/.cache/qwq-fit/portkey"),
    },
    seconds: { type: "string", default: "0.5" },
    rounds: { type: "string", default: "7" },
    warm: { type: "string", default: "4" },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

const CASES: readonly (readonly [string, Load])[] = [
  ["whole answers, 10 at once", { stream: false, paced: false, beside: 10 }],
  ["streams in one write, 10 at once", { stream: true, paced: false, beside: 10 }],
  ["streams, a write an event, 10 at once", { stream: true, paced: true, beside: 10 }],
  ["streams, one at a time", { stream: true, paced: true, beside: 1 }],
];

async function startAll(): Promise<{ direct: Door; doors: Map<string, Door> }> {
  const upstream = await startPart("upstream.ts");
  const at = `http://127.0.0.1:${upstream}`;
  const doors = new Map<string, Door>();
  const worker = values.on === "workerd";
  doors.set("bare", { port: await startPart(worker ? "worker-floor.ts" : "floor.ts", at) });
  doors.set("router", { port: await startPart(worker ? "worker-ours.ts" : "ours.ts", at) });
  if (values.portkey) doors.set("portkey", await startPortkey(values["portkey-folder"], at));
  return { direct: { port: upstream }, doors };
}

/** Windows of each door in turn, the order turned around each round; the first ones only warm. */
async function measure(
  doors: ReadonlyMap<string, Door>,
  how: Load,
): Promise<Map<string, Measured[]>> {
  const got = new Map<string, Measured[]>();
  for (const [who, door] of doors) {
    await load(door, how, Number(values.warm));
    got.set(who, []);
  }
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? [...doors] : [...doors].toReversed();
    for (const [who, door] of order) got.get(who)?.push(await load(door, how, seconds));
  }
  return got;
}

try {
  const { direct, doors } = await startAll();
  console.log(
    `Node ${process.version}, ${values.on}; ${rounds} windows of ${seconds} s each, in turn, after ${values.warm} s of warming; medians of the windows' ratios.\n`,
  );
  console.log("| load | who | answers a second | of bare | added first byte, ms |");
  console.log("| --- | --- | --- | --- | --- |");
  for (const [name, how] of CASES) {
    const floor = await load(direct, how, seconds);
    console.log(`| ${name} | the node itself | ${floor.perSecond.toFixed(0)} | | |`);
    const got = await measure(doors, how);
    const bare = got.get("bare") ?? [];
    for (const [who, windows] of got) {
      const rate = median(windows.map((one) => one.perSecond)).toFixed(0);
      const paired = (of: (one: Measured, beside: Measured) => number): number =>
        median(windows.flatMap((one, i) => (bare[i] === undefined ? [] : [of(one, bare[i])])));
      const share = paired((one, beside) => one.perSecond / beside.perSecond);
      const added = paired((one, beside) => one.firstByteMs - beside.firstByteMs);
      const told =
        who === "bare" ? " | |" : ` ${(100 * share).toFixed(0)} % | ${added.toFixed(2)} |`;
      console.log(`| | ${who} | ${rate} |${told}`);
    }
  }
} finally {
  stopParts();
}
