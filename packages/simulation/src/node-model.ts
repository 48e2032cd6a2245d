import type { JobEvent, NodeModel } from "./node-types.ts";
import { createPowerState } from "./power-state.ts";
import { createPrefixCache } from "./prefix-cache.ts";
import { createQueue } from "./queue.ts";
import { holds, type ServiceRates } from "./service-rates.ts";
import { CRUMB, type Running, startJob, type Waiting, written } from "./slot.ts";
import { stepRates } from "./step-rates.ts";

const NONE: readonly JobEvent[] = [];
/** Shares of a step that newcomers meet, evenly spread and the same in each run: the golden ratio's multiples. */
const GOLDEN = 0.618_033_988_749_895;

/** An idle node. */
export function createNodeModel(rates: ServiceRates): NodeModel {
  const waiting = createQueue<Waiting>();
  const prefixes = createPrefixCache(rates.keptPrefixes ?? 0);
  const power = createPowerState(rates.power);
  const kvTokens = rates.kvTokens ?? Infinity;
  const inTurns = rates.batching?.kind === "time";
  let running: Running[] = [];
  let waitingTokens = 0;
  let clockMs = 0;
  let nextMs = Infinity;
  let prefillRate = 0;
  let decodeRate = 0;
  let stepMs = 0;
  let due: "read" | "write" | "full" | "join" | "turn" = "write";
  let reader: Running | undefined;
  let turns = 0;
  let readyMs = 0;
  let busyMs = 0;
  let preemptions = 0;
  let reusedTokens = 0;
  /** What ended at the very time of an offer. */
  let untold: JobEvent[] = [];

  const held = (): number => {
    let tokens = 0;
    for (const one of running) tokens += one.entry.promptTokens + written(one);
    return tokens;
  };

  /** Rates until the next event, and its time. */
  const plan = (): void => {
    let first: Running | undefined;
    let readers = 0;
    let readingMs = 0;
    let decoding = 0;
    let depth = 0;
    let shortest = Infinity;
    for (const one of running) {
      if (one.prompt > 0) {
        if (first === undefined || (inTurns && one.servedAt < first.servedAt)) first = one;
        readers++;
        readingMs += one.promptMs;
        continue;
      }
      decoding++;
      depth += one.depth;
      if (one.output < shortest) shortest = one.output;
    }
    const now = stepRates(rates, first, readers, readingMs, decoding, depth);
    prefillRate = now.prefill;
    decodeRate = now.decode;
    stepMs = now.stepMs;
    reader = first;
    const readMs = prefillRate === 0 ? Infinity : (first?.prompt ?? Infinity) / prefillRate;
    const writeMs = decodeRate === 0 ? Infinity : shortest / decodeRate;
    const room = kvTokens - (kvTokens < Infinity ? held() : 0);
    const fullMs =
      decodeRate === 0 || running.length < 2
        ? Infinity
        : Math.max(0, room) / (decoding * decodeRate);
    due = readMs <= writeMs ? "read" : "write";
    let ms = Math.min(readMs, writeMs);
    if (fullMs < ms) {
      due = "full";
      ms = fullMs;
    }
    if (first !== undefined && now.turnMs < Infinity) {
      if (first.turnMs <= 0) first.turnMs = now.turnMs;
      if (first.turnMs / prefillRate < ms) {
        due = "turn";
        ms = first.turnMs / prefillRate;
      }
    }
    const head = waiting.peek();
    if (head !== undefined && running.length < rates.slots) {
      const from = Math.max(head.fromMs, readyMs) - clockMs;
      // One that had no room is let in when another ends.
      if (from > 0 && from < ms) {
        due = "join";
        ms = from;
      }
    }
    nextMs = untold.length > 0 ? clockMs : clockMs + ms;
  };

  const admit = (): void => {
    while (running.length < rates.slots) {
      const entry = waiting.peek();
      if (entry === undefined || Math.max(entry.fromMs, readyMs) > clockMs) return;
      if (running.length > 0 && kvTokens < Infinity && held() + entry.promptTokens > kvTokens) {
        return;
      }
      waiting.shift();
      waitingTokens -= entry.promptTokens;
      const cachedTokens = prefixes.cachedTokens(entry.job);
      reusedTokens += cachedTokens;
      running.push(startJob(entry, rates, cachedTokens));
    }
  };

  /** The youngest gives its place and starts again later, with what it has written as part of its prompt. */
  const preempt = (): void => {
    const one = running.pop();
    if (one === undefined) return;
    preemptions++;
    const done = written(one);
    waiting.unshift({
      job: one.job,
      promptTokens: one.entry.promptTokens + done,
      outputTokens: one.entry.outputTokens - done,
      told: one.entry.told || one.prompt <= 0,
      fromMs: clockMs,
    });
    waitingTokens += one.entry.promptTokens + done;
  };

  const advance = (nowMs: number): readonly JobEvent[] => {
    const passedMs = nowMs - clockMs;
    const isDue = nowMs >= nextMs;
    clockMs = nowMs;
    if (running.length > 0) busyMs += passedMs;
    const first = reader;
    for (const one of running) {
      if (one === first) {
        one.prompt -= prefillRate * passedMs;
        one.turnMs -= prefillRate * passedMs;
        // Only what is due ends: rounding must not end it before.
        if (one.prompt <= 0) one.prompt = Number.MIN_VALUE;
      } else if (one.prompt <= 0) one.output -= decodeRate * passedMs;
    }
    if (!isDue) return NONE;
    // What was due has ended, whatever rounding says: a step shorter than the clock's resolution
    // would otherwise never end.
    const events = untold;
    untold = [];
    let shortest = Infinity;
    for (const one of running) if (one.prompt <= 0) shortest = Math.min(shortest, one.output);
    const endsBelow = due === "write" ? Math.max(CRUMB, shortest + CRUMB) : CRUMB;
    const left: Running[] = [];
    for (const one of running) {
      if (one.prompt > 0) {
        if ((due === "read" && one === first) || one.prompt <= CRUMB) {
          one.prompt = 0;
          prefixes.keep(one.job);
          if (!one.entry.told) events.push({ kind: "first-token", job: one.job, atMs: nowMs });
        }
      } else if (one.output <= endsBelow) {
        events.push({ kind: "end", job: one.job, atMs: nowMs });
        continue;
      }
      left.push(one);
    }
    running = left;
    if (due === "turn" && first !== undefined) {
      first.turnMs = 0;
      first.servedAt = ++turns;
    }
    if (due === "full" && running.length > 1) preempt();
    else admit();
    if (running.length === 0 && waiting.length === 0) power.idleFrom(nowMs);
    plan();
    return events;
  };

  return {
    get inFlight() {
      return running.length;
    },
    get queued() {
      return waiting.length;
    },
    get queuedPromptTokens() {
      let tokens = waitingTokens;
      for (const one of running) {
        if (one.prompt > 0) tokens += (one.readTokens * one.prompt) / one.promptMs;
      }
      return tokens;
    },
    get nextMs() {
      return nextMs;
    },
    readyInMs: (nowMs) => power.readyInMs(nowMs),
    cachedTokens: (job) => prefixes.cachedTokens(job),
    offer: (job, nowMs) => {
      if (running.length >= rates.slots && waiting.length >= rates.queueLimit) return false;
      if (!holds(rates, job)) return false;
      untold = [...advance(nowMs)];
      readyMs = power.wake(nowMs);
      const step = rates.batching === undefined || running.length === 0 ? 0 : stepMs;
      waiting.push({
        job,
        promptTokens: job.promptTokens,
        outputTokens: Math.max(0, job.outputTokens - (rates.firstTokenInPrefill === true ? 1 : 0)),
        told: false,
        fromMs: nowMs + step * ((job.id * GOLDEN) % 1),
      });
      waitingTokens += job.promptTokens;
      admit();
      plan();
      return true;
    },
    advance,
    fail: (nowMs) => {
      const lost = [...running.map((one) => one.job), ...waiting.drain().map((one) => one.job)];
      running = [];
      untold = [];
      waitingTokens = 0;
      clockMs = nowMs;
      nextMs = Infinity;
      prefixes.clear();
      power.idleFrom(nowMs);
      return lost;
    },
    usage: (nowMs) => ({
      busyMs,
      onMs: power.onMs(nowMs),
      coldStarts: power.coldStarts,
      preemptions,
      reusedTokens,
    }),
  };
}
