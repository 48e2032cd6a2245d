// What `serve` decodes of the whole QwQ-32B Q4_K_M layout against what the raw engine reaches with its best settings:
//   timeout 1500 node test/bench/serve-qwq.mjs [--model Qwen/QwQ-32B] [--quantization Q4_K_M] [--tokens 12] [--rounds 2]
//     [--blocks 2: a cut of the model, to try this script itself] [-- more arguments of serve]
// The file is sparse (it takes no disk), but the engine allocates and computes all of it: QwQ-32B takes 20 GB of memory, so
// the raw engine ends before the server starts. The command must be built (npm run build).
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadBinding } from "../../packages/engine/src/child/binding.ts";
import { developmentBinding } from "../../packages/engine/src/testing/native-binding.ts";
import { writeSparseGguf } from "../../packages/models/src/node/index.ts";

const HERE = fileURLToPath(import.meta.url);
const ROOT = join(HERE, "..", "..", "..");
/** Tokens that mean text in the sparse file's vocabulary: zeros weigh all alike, so these are told to be said. */
const WORDS = Array.from({ length: 64 }, (_, index) => 300 + index);
const PROMPT_TOKENS = 32;

/** Settings that the raw engine is tried with; weights are read (no mmap) and repacked in all. */
function variants() {
  const cores = availableParallelism();
  const threads = [...new Set([cores, Math.max(1, cores - 1), 1])];
  const list = threads.map((count) => ({ threads: count, flashAttention: true, batchSize: 512 }));
  return [
    ...list,
    { threads: cores, flashAttention: false, batchSize: 512 },
    { threads: cores, flashAttention: true, batchSize: 64 },
  ];
}

/** In a process of its own: loads once, decodes with each of the settings, answers with their rates. */
async function measureRaw({ modelPath, tokens, rounds }) {
  const { native } = await loadBinding(developmentBinding(), false, () => {});
  const model = new native.AddonModel(modelPath, {
    addonExports: native,
    gpuLayers: 0,
    useMmap: false,
  });
  if (!(await model.init())) throw new Error("the raw engine did not load the model");
  const results = [];
  for (const variant of variants()) {
    const context = new native.AddonContext(model, { contextSize: 1024, sequences: 1, ...variant });
    if (!(await context.init())) throw new Error("the raw engine made no context");
    const sampler = new native.AddonSampler(model);
    sampler.applyConfig({ temperature: 0, seed: 1 });
    let best = 0;
    for (let round = 0; round < rounds; round++) {
      best = Math.max(best, await decode(context, sampler, tokens));
    }
    results.push({ ...variant, tokensPerSecond: best });
    process.send({ variant: results.at(-1) });
    await context.dispose();
  }
  process.send({ results });
}

/** Tokens a second between the first token and the last. */
async function decode(context, sampler, tokens) {
  context.disposeSequence(0);
  let next = Uint32Array.from({ length: PROMPT_TOKENS }, (_, index) => 300 + index);
  let [position, began] = [0, 0];
  for (let count = 0; count <= tokens; count++) {
    context.initBatch(next.length);
    const [logit] = context.addToBatch(0, position, next, Uint32Array.of(next.length - 1));
    position += next.length;
    await context.decodeBatch();
    next = Uint32Array.of(await context.sampleToken(logit, sampler));
    if (count === 0) began = performance.now();
  }
  return (tokens * 1000) / (performance.now() - began);
}

/** The raw engine, whose memory is the system's again when this is over. */
async function runRaw(work) {
  const child = fork(HERE, ["--raw"], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  let results = null;
  child.on("message", (message) => {
    if (message.variant !== undefined) console.error("raw", JSON.stringify(message.variant));
    if (message.results === undefined) return;
    ({ results } = message);
    child.kill("SIGKILL");
  });
  child.send(work);
  const [code, signal] = await once(child, "exit");
  if (results === null) throw new Error(`the raw engine ended: ${code ?? signal}`);
  return results;
}

/** The command as a user starts it; `until` answers with its first event of that name. */
function startServe(modelPath, folder, more) {
  const program = join(ROOT, "packages", "qwq-fit", "bin", "qwq-fit.mjs");
  const child = spawn(process.execPath, [program, "serve", modelPath, "--yes", "--json", ...more], {
    env: { ...process.env, QWQ_FIT_STATE_DIR: join(folder, "state") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const seen = new Map();
  const waiting = new Map();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = JSON.parse(line);
    if (event.event !== "loading") console.error(line.slice(0, 300));
    if (!seen.has(event.event)) seen.set(event.event, event);
    waiting.get(event.event)?.(event);
  });
  const ended = once(child, "exit");
  const until = (name) =>
    seen.has(name)
      ? Promise.resolve(seen.get(name))
      : Promise.race([
          new Promise((resolve) => waiting.set(name, resolve)),
          ended.then(() => Promise.reject(new Error(`serve ended before it was ${name}`))),
        ]);
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return { until, stop };
}

/** One streamed completion; tokens a second between the first and the last that arrived. */
async function ask(url, tokens, salt) {
  const response = await fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      messages: [{ role: "user", content: `hello ${salt}` }],
      max_tokens: tokens + 1,
      temperature: 0,
      logit_bias: Object.fromEntries(WORDS.map((token) => [token, 100])),
      stream: true,
      stream_options: { include_usage: true },
    }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  let [first, last, said, rest] = [0, 0, 0, ""];
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const now = performance.now();
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data: {")) continue;
      const { choices, usage } = JSON.parse(line.slice(6));
      const delta = choices?.[0]?.delta;
      if (delta?.reasoning_content || delta?.content) {
        first ||= now;
        last = now;
      }
      said = usage?.completion_tokens ?? said;
    }
  }
  if (said !== tokens + 1) throw new Error(`asked for ${tokens + 1} tokens, told of ${said}`);
  return (tokens * 1000) / (last - first);
}

async function measureServe(modelPath, folder, { tokens, rounds, more }) {
  const began = performance.now();
  const server = startServe(modelPath, folder, more);
  try {
    const { plan } = await server.until("plan");
    const { url, settings } = await server.until("ready");
    const loadSeconds = (performance.now() - began) / 1000;
    let best = 0;
    for (let round = 0; round < rounds; round++) {
      const rate = await ask(url, tokens, round);
      console.error("serve", round, rate);
      best = Math.max(best, rate);
    }
    return { tokensPerSecond: best, settings, loadSeconds, foretold: plan.decodeTokensPerSecond };
  } finally {
    await server.stop();
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      model: { type: "string", default: "Qwen/QwQ-32B" },
      quantization: { type: "string", default: "Q4_K_M" },
      tokens: { type: "string", default: "12" },
      rounds: { type: "string", default: "2" },
      blocks: { type: "string" },
    },
  });
  const { model, quantization } = values;
  const [tokens, rounds] = [Number(values.tokens), Number(values.rounds)];
  const entry = JSON.parse(
    await readFile(join(ROOT, "profiles", "models", `${model}.json`), "utf8"),
  );
  const folder = await mkdtemp(join(tmpdir(), "serve-qwq-"));
  try {
    const modelPath = join(folder, "whole.gguf");
    const blocks = values.blocks === undefined ? {} : { blocks: Number(values.blocks) };
    const { bytes } = await writeSparseGguf(modelPath, entry, { quantization, ...blocks });
    const [load] = loadavg();
    const raw = await runRaw({ modelPath, tokens, rounds });
    const best = raw.toSorted((a, b) => b.tokensPerSecond - a.tokensPerSecond)[0];
    const served = await measureServe(modelPath, folder, { tokens, rounds, more: positionals });
    report({ name: `${model} ${quantization}`, bytes, load, best, served });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function report({ name, bytes, load, best, served }) {
  const { settings, foretold, loadSeconds } = served;
  const rawText = `${best.threads} threads, batch ${best.batchSize}, flash attention ${best.flashAttention ? "on" : "off"}`;
  const servedText = `${settings.threads} threads, batch ${settings.batchTokens}, mmap ${settings.mmap ? "on" : "off"}, KV ${settings.kvCacheType}, context ${settings.contextTokens}`;
  const ratio = `${((100 * served.tokensPerSecond) / best.tokensPerSecond).toFixed(1)} %`;
  console.log(
    "| model | bytes | raw engine, best settings | tokens/s | serve | tokens/s | ratio | foretold | ready after | load before |",
  );
  console.log("| --- | --: | --- | --: | --- | --: | --: | --: | --: | --: |");
  console.log(
    `| ${[name, bytes, rawText, best.tokensPerSecond.toFixed(2), servedText, served.tokensPerSecond.toFixed(2), ratio, foretold.expected.toFixed(2), `${loadSeconds.toFixed(0)} s`, load.toFixed(1)].join(" | ")} |`,
  );
}

if (process.argv.includes("--raw")) {
  process.once("message", (work) => void measureRaw(work));
  process.once("disconnect", () => process.exit(1));
} else await main();
