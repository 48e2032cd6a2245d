import { createFreeSlots } from "./free-slots.ts";
import type { JobEvent, NodeModel } from "./node-types.ts";
import { createPowerState } from "./power-state.ts";
import { createPrefixCache } from "./prefix-cache.ts";
import { createQueue } from "./queue.ts";
import { holds, type ServiceRates } from "./service-rates.ts";
import { CRUMB, type Running, startJob, type Waiting, written } from "./slot.ts";
import { survey } from "./survey.ts";
import { SETTLING, type StepRates, stepRates } from "./step-rates.ts";

const NONE: readonly JobEvent[] = [];
const STILL: StepRates = { prefill: 0, decode: 0, stepMs: 0, turnMs: Infinity, together: false };

/** An idle node. */
export function createNodeModel(rates: ServiceRates): NodeModel {
  const waiting = createQueue<Waiting>();
  const prefixes = createPrefixCache(rates.keptPrefixes ?? 0);
  const power = createPowerState(rates.power);
  const kvTokens = rates.kvTokens ?? Infinity;
  const inTurns = rates.batching?.kind === "time";
  const inSteps = rates.batching !== undefined;
  const uses = new Uint8Array(inTurns ? rates.slots : 0);
  let slots = createFreeSlots(inTurns ? rates.slots : 0);
  let running: Running[] = [];
  let waitingTokens = 0;
  let clockMs = 0;
  let nextMs = Infinity;
  /** Next event of those that run; and when their present steps began. */
  let ownMs = Infinity;
  let sinceMs = 0;
  let now: StepRates = STILL;
  let due: "read" | "write" | "full" | "settled" | "turn" = "write";
  let reader: Running | undefined;
  let leftMs = 0;
  let settleMs = 0;
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

  /** The next event: of those that run, or that the first that waits is let in. One that has no room waits for an end. */
  const schedule = (): void => {
    nextMs = untold.length > 0 ? clockMs : ownMs;
    const head = waiting.peek();
    if (head === undefined || running.length >= rates.slots) return;
    const fromMs = Math.max(head.fromMs, readyMs);
    if (fromMs > clockMs && fromMs < nextMs) nextMs = fromMs;
  };

  /** Rates from now on, until what runs changes. */
  const plan = (): void => {
    const { first, readers, shortest, passes, ...all } = survey(rates, running, uses);
    leftMs = all.leftMs;
    const reading = first === undefined ? undefined : { first, readers, leftMs };
    now = stepRates(rates, passes, reading, settleMs > 0);
    sinceMs = clockMs;
    reader = first;
    const toRead = now.together ? leftMs : (first?.prompt ?? Infinity);
    const readMs = now.prefill === 0 ? Infinity : toRead / now.prefill;
    const writeMs = now.decode === 0 ? Infinity : shortest / now.decode;
    due = readMs <= writeMs ? "read" : "write";
    let ms = Math.min(readMs, writeMs);
    const sooner = (atMs: number, what: typeof due): void => {
      if (atMs >= ms) return;
      due = what;
      ms = atMs;
    };
    if (kvTokens < Infinity && now.decode > 0 && running.length > 1) {
      sooner(Math.max(0, kvTokens - held()) / (passes.sequences * now.decode), "full");
    }
    if (first === undefined && settleMs > 0 && passes.sequences > 0)
      sooner(settleMs * SETTLING, "settled");
    if (first !== undefined && now.turnMs < Infinity) {
      if (first.turnMs <= 0) first.turnMs = now.turnMs;
      sooner(first.turnMs / now.prefill, "turn");
    }
    ownMs = clockMs + ms;
    schedule();
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
      running.push(startJob(entry, rates, cachedTokens, inTurns ? slots.take() : 0));
    }
  };

  /** The youngest gives its place and starts again later, with what it has written as part of its prompt. */
  const preempt = (): void => {
    const one = running.pop();
    if (one === undefined) return;
    preemptions++;
    if (inTurns) slots.give(one.slot);
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

  /** Work of those that run while so much time passes. */
  const work = (passedMs: number): void => {
    const read = now.prefill * passedMs;
    const share = now.together && leftMs > 0 ? read / leftMs : 0;
    for (const one of running) {
      if (one.prompt > 0) {
        if (now.together) one.prompt -= one.promptAtPlan * share;
        else if (one === reader) {
          one.prompt -= read;
          one.turnMs -= read;
        }
        // Only what is due ends: rounding must not end it before.
        if (one.prompt <= 0) one.prompt = Number.MIN_VALUE;
      } else one.output -= now.decode * passedMs;
    }
    if (reader === undefined) settleMs = Math.max(0, settleMs - passedMs / SETTLING);
  };

  const advance = (nowMs: number): readonly JobEvent[] => {
    const passedMs = nowMs - clockMs;
    const isDue = nowMs >= nextMs;
    const isOwn = nowMs >= ownMs;
    clockMs = nowMs;
    if (running.length > 0) busyMs += passedMs;
    work(passedMs);
    if (!isDue) return NONE;
    // What was due has ended, whatever rounding says: a step shorter than the clock's resolution
    // would otherwise never end.
    const events = untold;
    untold = [];
    let shortest = Infinity;
    for (const one of running) if (one.prompt <= 0) shortest = Math.min(shortest, one.output);
    const endsBelow = isOwn && due === "write" ? Math.max(CRUMB, shortest + CRUMB) : CRUMB;
    const allRead = isOwn && due === "read";
    const left: Running[] = [];
    for (const one of running) {
      if (one.prompt > 0) {
        if ((allRead && (now.together || one === reader)) || one.prompt <= CRUMB) {
          one.prompt = 0;
          settleMs = rates.settleMs ?? 0;
          prefixes.keep(one.job);
          if (!one.entry.told) events.push({ kind: "first-token", job: one.job, atMs: nowMs });
        }
      } else if (one.output <= endsBelow) {
        events.push({ kind: "end", job: one.job, atMs: nowMs });
        if (inTurns) slots.give(one.slot);
        continue;
      }
      left.push(one);
    }
    running = left;
    if (reader !== undefined && reader.prompt > 0 && inTurns) {
      reader.turnMs = 0;
      reader.servedAt = ++turns;
    }
    if (isOwn && due === "settled") settleMs = 0;
    if (isOwn && due === "full" && running.length > 1) preempt();
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
      const { stepMs } = now;
      // It is in no step that has begun: it waits for its end.
      const steps = inSteps && running.length > 0 ? Math.floor((nowMs - sinceMs) / stepMs) + 1 : 0;
      waiting.push({
        job,
        promptTokens: job.promptTokens,
        outputTokens: Math.max(0, job.outputTokens - (rates.firstTokenInPrefill === true ? 1 : 0)),
        told: false,
        fromMs: steps > 0 ? sinceMs + steps * stepMs : nowMs,
      });
      waitingTokens += job.promptTokens;
      const before = running.length;
      admit();
      if (running.length > before) plan();
      else schedule();
      return true;
    },
    advance,
    fail: (nowMs) => {
      const lost = [...running.map((one) => one.job), ...waiting.drain().map((one) => one.job)];
      running = [];
      untold = [];
      waitingTokens = 0;
      clockMs = nowMs;
      slots = createFreeSlots(inTurns ? rates.slots : 0);
      settleMs = 0;
      plan();
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
