// A node that has dialled in beside the same node by its URL, behind the same router on Node, in one run and in turn:
//   node test/bench/tunnel.ts [--seconds 0.5] [--rounds 7] [--warm 2]
import { parseArgs } from "node:util";
import { type Load, load, type Measured, median } from "./router-parts/load.ts";
import { startPart, stopParts } from "./router-parts/start.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "0.5" },
    rounds: { type: "string", default: "7" },
    warm: { type: "string", default: "2" },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

const CASES: readonly (readonly [string, Load])[] = [
  ["50 streams at once, a write an event", { stream: true, paced: true, beside: 50 }],
  ["50 streams at once, in one write", { stream: true, paced: false, beside: 50 }],
  ["streams, one at a time", { stream: true, paced: true, beside: 1 }],
];

try {
  const node = { port: await startPart("upstream.ts") };
  const at = `http://127.0.0.1:${node.port}`;
  const direct = { port: await startPart("ours.ts", at) };
  const tunnel = { port: await startPart("tunnel-ours.ts", at) };
  console.log(
    `Node ${process.version}; ${rounds} windows of ${seconds} s each, in turn, after ${values.warm} s of warming; medians.\n`,
  );
  console.log("| load | direct, a second | tunnel, a second | of direct | added first byte, ms |");
  console.log("| --- | --- | --- | --- | --- |");
  for (const [name, how] of CASES) {
    const pairs: (readonly [Measured, Measured])[] = [];
    for (const door of [direct, tunnel]) await load(door, how, Number(values.warm));
    for (let round = 0; round < rounds; round++) {
      const first = round % 2 === 0;
      const one = await load(first ? direct : tunnel, how, seconds);
      const other = await load(first ? tunnel : direct, how, seconds);
      pairs.push(first ? [one, other] : [other, one]);
    }
    const rate = (of: 0 | 1): string => median(pairs.map((pair) => pair[of].perSecond)).toFixed(0);
    const share = median(pairs.map(([one, other]) => other.perSecond / one.perSecond));
    const added = median(pairs.map(([one, other]) => other.firstByteMs - one.firstByteMs));
    console.log(
      `| ${name} | ${rate(0)} | ${rate(1)} | ${(100 * share).toFixed(0)} % | ${added.toFixed(2)} |`,
    );
  }
} finally {
  stopParts();
}
