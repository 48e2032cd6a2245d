// A million requests: written to a file, read, and replayed over two machines and their mix, in a process of its own.
//   node test/bench/replay.ts [--requests 1000000] [--heap 96]
// The floor is what no replay of a file can go below: the same lines read and parsed, and nothing else.
// The command must be built (`npm run build`).
import { execFileSync } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom } from "@qwq-fit/simulation";
import { runCommand } from "../support/run-command.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "1000000" },
    heap: { type: "string", default: "96" },
  },
});
const requests = Number(values.requests);

/** Seconds in which a process of its own starts, reads the lines and parses each. */
function floorSeconds(path: string): number {
  const program = `
    import { createReadStream } from "node:fs";
    import { createInterface } from "node:readline";
    let sum = 0;
    for await (const line of createInterface({ input: createReadStream(process.argv[1]) }))
      sum += JSON.parse(line).promptTokens;
    if (!(sum > 0)) process.exit(1);`;
  const startMs = performance.now();
  execFileSync(process.execPath, ["--input-type=module", "--eval", program, path]);
  return (performance.now() - startMs) / 1000;
}

const folder = mkdtempSync(join(tmpdir(), "qwq-fit-replay-bench-"));
try {
  const path = join(folder, "requests.jsonl");
  const file = createWriteStream(path);
  const random = createRandom(3);
  let arrivalMs = 0;
  for (let i = 0; i < requests; i++) {
    arrivalMs += random.exponential(2500);
    const size = (median: number): number => Math.ceil(random.logNormal(median, 0.8));
    const line = `{"arrivalMs":${Math.round(arrivalMs)},"promptTokens":${size(500)},"reasoningTokens":${size(250)},"answerTokens":${size(150)}}\n`;
    if (!file.write(line)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
  const bytes = statSync(path).size;
  console.log(
    "| requests | file | options | wall time | heap allowed |\n| --: | --: | --- | --: | --: |",
  );
  const megabytes = `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(
    `| ${requests} | ${megabytes} | floor: lines read and parsed | ${floorSeconds(path).toFixed(1)} s | – |`,
  );
  for (const options of [
    ["--on", "2x RTX 4090"],
    ["--on", "2x RTX 4090", "--on", "RTX 5090"],
  ]) {
    const ran = await runCommand(["replay", path, ...options, "--json"], {
      env: { QWQ_FIT_STATE_DIR: folder, NODE_OPTIONS: `--max-old-space-size=${values.heap}` },
    });
    if (ran.code !== 0) throw new Error(ran.err);
    const named = options.filter((word) => word !== "--on").join("; ");
    console.log(
      `| ${requests} | ${megabytes} | ${named}${options.length > 2 ? "; and both" : ""} | ${(ran.ms / 1000).toFixed(1)} s | ${values.heap} MB |`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
