// Our engine against the raw engine and against node-llama-cpp's own batching, in one run on one machine: ratios count, not milliseconds.
//   node test/bench/engine.mjs [blocks] [threads] [tokens] [rounds] [only: one]
// One stream, four streams, the largest gap of a stream beside a 3,000-token prompt, and the time that an abort within such
// a prompt takes to close its stream. Uses the scripted model with
// more blocks of zeros, so that a token takes some ten milliseconds.
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { writeScriptedGguf } from "../../packages/models/src/node/index.ts";
import { loadBinding } from "../../packages/engine/src/child/binding.ts";
import { createChildEngine } from "../../packages/engine/src/index.ts";
import { developmentBinding } from "../../packages/engine/src/testing/native-binding.ts";

const blocks = Number(process.argv[2] ?? 16);
const threads = Number(process.argv[3] ?? 2);
const TOKENS = Number(process.argv[4] ?? 80);
/** Tokens that the script has. */
const LONGEST = 440;
const ROUNDS = Number(process.argv[5] ?? 3);
const folder = await mkdtemp(join(tmpdir(), "bench-"));
const modelPath = join(folder, "scripted.gguf");
await writeScriptedGguf(modelPath, { blocks, words: 400 });
const text = "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n<think>\n";
const long = `<|im_start|>user\n${"x".repeat(3000)}<|im_end|>\n<|im_start|>assistant\n<think>\n`;

/** The binding's public API, with settings as good as it takes. */
async function binding() {
  const require = createRequire(join(developmentBinding(), "package.json"));
  const { getLlama } = await import(require.resolve("node-llama-cpp"));
  const llama = await getLlama({
    gpu: false,
    build: "never",
    logLevel: "error",
    maxThreads: threads,
  });
  const model = await llama.loadModel({ modelPath, useMmap: false });
  const context = await model.createContext({
    contextSize: 4096,
    sequences: 5,
    batchSize: 512,
    threads,
    flashAttention: true,
  });
  const run = async (sequence, prompt, onToken, isOver = (count) => count === TOKENS) => {
    await sequence.clearHistory();
    let count = 0;
    for await (const _ of sequence.evaluate(model.tokenize(prompt, true), { temperature: 0 })) {
      onToken?.();
      if (isOver(++count)) break;
    }
  };
  const sequences = Array.from({ length: 5 }, () => context.getSequence());
  return {
    one: () => run(sequences[0], text),
    four: () => Promise.all(sequences.slice(0, 4).map((sequence) => run(sequence, text))),
    gap: () =>
      largestGap(
        (onToken, isOver) => run(sequences[0], text, onToken, isOver),
        () => run(sequences[1], long),
      ),
    close: () => llama.dispose(),
  };
}

/** The native calls alone, in a loop of five lines: nothing can be faster with these settings. */
async function raw() {
  const { native } = await loadBinding(developmentBinding(), false, () => {});
  const model = new native.AddonModel(modelPath, {
    addonExports: native,
    gpuLayers: 0,
    useMmap: false,
  });
  await model.init();
  const context = new native.AddonContext(model, {
    contextSize: 4096 * 5,
    batchSize: 512,
    sequences: 5,
    flashAttention: true,
    threads,
  });
  await context.init();
  const sampler = new native.AddonSampler(model);
  sampler.applyConfig({ temperature: 0, seed: 1 });
  const one = async () => {
    context.disposeSequence(0);
    let next = model.tokenize(text, true);
    let position = 0;
    for (let count = 0; count < TOKENS; count++) {
      context.initBatch(next.length);
      const [logit] = context.addToBatch(0, position, next, Uint32Array.of(next.length - 1));
      position += next.length;
      await context.decodeBatch();
      next = Uint32Array.of(await context.sampleToken(logit, sampler));
    }
  };
  const close = async () => {
    await context.dispose();
    await model.dispose();
  };
  return { one, close };
}

/** Our engine, through its child process. */
async function ours() {
  const engine = await createChildEngine({
    modelPath,
    bindingFolder: developmentBinding(),
    engineVersion: "3.22.1",
    settings: {
      backend: "cpu",
      contextTokens: 4096,
      sequences: 5,
      batchTokens: 512,
      threads,
      mmap: false,
      kvCacheType: "f16",
      flashAttention: true,
      offloadedLayers: 0,
      expertsOnCpu: false,
      repack: true,
      loras: [],
      yarn: null,
    },
  });
  await engine.whenReady();
  const run = async (prompt, onToken, isOver = () => false) => {
    const request = {
      prompt: { kind: "text", text: prompt },
      maxTokens: prompt === long || onToken === undefined ? TOKENS : LONGEST,
      sampling: { temperature: 0 },
    };
    let count = 0;
    for await (const event of engine.generate(request)) {
      if (event.type !== "token") continue;
      onToken?.();
      if (isOver(++count)) break;
    }
  };
  let other = 0;
  return {
    one: () => run(text),
    four: () => Promise.all([1, 2, 3, 4].map(() => run(text))),
    // Each time another long prompt: the cache would hold it.
    gap: () =>
      largestGap(
        (onToken, isOver) => run(text, onToken, isOver),
        () => run(long.replace("xx", `${other++}`)),
      ),
    // A caller who leaves while a long prompt is read: how long the stream takes to close.
    abort: async () => {
      const stop = new AbortController();
      const prompt = { kind: "text", text: long.replace("xx", `${other++}`) };
      const read = async () => {
        for await (const _ of engine.generate({ prompt, maxTokens: 2 }, stop.signal));
      };
      const closed = read().then(
        () => Promise.reject(new Error("it was read before the abort")),
        () => performance.now(),
      );
      await setTimeout(40);
      const began = performance.now();
      stop.abort();
      return (await closed) - began;
    },
    close: () => engine.close(),
  };
}

/** Longest wait between two tokens of a stream while another reads its prompt. */
async function largestGap(stream, prefill) {
  let [last, largest, count] = [0, 0, 0];
  let other = Promise.resolve(false);
  let read = false;
  const onToken = () => {
    const now = performance.now();
    if (++count > 3) largest = Math.max(largest, now - last);
    if (count === 3) other = prefill().then(() => (read = true));
    last = now;
  };
  // The stream runs until the prompt beside it is read.
  await stream(onToken, (told) => read || told >= LONGEST);
  await other;
  return largest;
}

async function timed(run) {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

const sides = { raw: await raw(), binding: await binding(), ours: await ours() };
const best = {};
for (const name of Object.keys(sides))
  best[name] = { one: Infinity, four: Infinity, gap: Infinity, abort: 0 };
// In turns, so that what else the machine does hits all; the best round counts.
for (let turn = 0; turn < ROUNDS; turn++) {
  for (const [name, side] of Object.entries(sides)) {
    best[name].one = Math.min(best[name].one, await timed(side.one));
    if (side.four === undefined || process.argv[6] === "one") continue;
    best[name].four = Math.min(best[name].four, await timed(side.four));
    best[name].gap = Math.min(best[name].gap, await side.gap());
    // The worst round counts.
    if (side.abort !== undefined) {
      best[name].abort = Math.max(best[name].abort, await side.abort());
    }
  }
}
const result = {
  blocks,
  threads,
  oneStreamAgainstRaw: round(best.raw.one / best.ours.one),
  oneStreamAgainstBinding: round(best.binding.one / best.ours.one),
  fourStreamsAgainstBinding: round(best.binding.four / best.ours.four),
  largestGapMs: { binding: Math.round(best.binding.gap), ours: Math.round(best.ours.gap) },
  abortClosesStreamMs: round(best.ours.abort),
  msPerToken: {
    raw: round(best.raw.one / TOKENS),
    binding: round(best.binding.one / TOKENS),
    ours: round(best.ours.one / TOKENS),
  },
};
console.log(JSON.stringify(result, null, 2));
for (const side of Object.values(sides)) await side.close();
await rm(folder, { recursive: true });

function round(value) {
  return Math.round(value * 1000) / 1000;
}
