/** How fast a node works, for the simulation. Rates in tokens a second. */
export interface ServiceRates {
  readonly slots: number;
  readonly prefillTokensPerSecond: number;
  /** Of one sequence when `running` decode side by side; never more of them than slots. */
  readonly decodeTokensPerSecond: (running: number) => number;
  /**
   * Longest piece of a prompt that is read between two steps of decoding, ms: decoding goes on beside a
   * prefill, one token each such piece. 0: prompts are read before anything else goes on.
   */
  readonly prefillChunkMs: number;
  /** Requests that wait at most; more are turned away. */
  readonly queueLimit: number;
}

/** One request at a node. */
export interface Job {
  readonly id: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

export type JobEvent =
  | { readonly kind: "first-token"; readonly job: Job; readonly atMs: number }
  | { readonly kind: "end"; readonly job: Job; readonly atMs: number };

interface Running {
  readonly job: Job;
  /** Prompt tokens still to read, then output tokens still to write. */
  prompt: number;
  output: number;
}

/**
 * A node with continuous batching as a fluid: prompts are read one after the other, decoding
 * sequences go on side by side, and between two events all rates are constant. Exact for constant
 * rates, so that queueing theory's results come out of it.
 */
export interface NodeModel {
  readonly inFlight: number;
  readonly queued: number;
  readonly queuedPromptTokens: number;
  /** Time of the next event if nothing arrives; Infinity when idle. */
  readonly nextMs: number;
  /** False where the queue is full. */
  offer(job: Job, nowMs: number): boolean;
  /** Lets time pass up to `nowMs` (no later than `nextMs`) and tells what ended. */
  advance(nowMs: number): readonly JobEvent[];
  /** Ends everything, as when the node falls. */
  fail(nowMs: number): readonly Job[];
}

/** Rounding leaves crumbs of tokens: when an event is due, what is nearly done is done. */
const CRUMB = 1e-6;

/** An idle node. */
export function createNodeModel(rates: ServiceRates): NodeModel {
  let running: Running[] = [];
  let waiting: Job[] = [];
  let clockMs = 0;
  let nextMs = Infinity;
  let prefillRate = 0;
  let decodeRate = 0;
  let dueIsRead = false;

  const reader = (): Running | undefined => running.find((one) => one.prompt > 0);

  /** Rates, tokens a ms, until the next event, and its time. */
  const plan = (): void => {
    const reading = reader();
    let decoding = 0;
    let shortest = Infinity;
    for (const one of running) {
      if (one.prompt > 0) continue;
      decoding++;
      if (one.output < shortest) shortest = one.output;
    }
    const full = decoding === 0 ? 0 : rates.decodeTokensPerSecond(decoding) / 1000;
    const prefill = rates.prefillTokensPerSecond / 1000;
    if (reading === undefined) {
      prefillRate = 0;
      decodeRate = full;
    } else if (decoding === 0 || rates.prefillChunkMs === 0) {
      prefillRate = prefill;
      decodeRate = 0;
    } else {
      // One step: a piece of the prompt and one token of each decoding sequence.
      const stepMs = rates.prefillChunkMs + 1 / full;
      prefillRate = (prefill * rates.prefillChunkMs) / stepMs;
      decodeRate = 1 / stepMs;
    }
    const readMs =
      reading === undefined || prefillRate === 0 ? Infinity : reading.prompt / prefillRate;
    const writeMs = decodeRate === 0 ? Infinity : shortest / decodeRate;
    dueIsRead = readMs <= writeMs;
    nextMs = clockMs + Math.min(readMs, writeMs);
  };

  const admit = (): void => {
    while (running.length < rates.slots && waiting.length > 0) {
      const job = waiting.shift();
      if (job === undefined) continue;
      // An empty prompt still has a first token: it is read in no time.
      const prompt = Math.max(job.promptTokens, 10 * CRUMB);
      running.push({ job, prompt, output: Math.max(job.outputTokens, 10 * CRUMB) });
    }
  };

  const advance = (nowMs: number): readonly JobEvent[] => {
    const events: JobEvent[] = [];
    const passedMs = nowMs - clockMs;
    const due = nowMs >= nextMs;
    const reading = reader();
    clockMs = nowMs;
    for (const one of running) {
      if (one === reading) one.prompt -= prefillRate * passedMs;
      else if (one.prompt <= 0) one.output -= decodeRate * passedMs;
    }
    if (!due) return events;
    // What was due has ended, whatever rounding says: a step shorter than the clock's resolution
    // would otherwise never end.
    if (reading !== undefined && (dueIsRead || reading.prompt <= CRUMB)) {
      reading.prompt = 0;
      events.push({ kind: "first-token", job: reading.job, atMs: nowMs });
    }
    let shortest = Infinity;
    for (const one of running) {
      if (one !== reading && one.prompt <= 0) shortest = Math.min(shortest, one.output);
    }
    const endsBelow = dueIsRead ? CRUMB : Math.max(CRUMB, shortest + CRUMB);
    const left: Running[] = [];
    for (const one of running) {
      if (one !== reading && one.prompt <= 0 && one.output <= endsBelow)
        events.push({ kind: "end", job: one.job, atMs: nowMs });
      else left.push(one);
    }
    running = left;
    admit();
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
      let tokens = 0;
      for (const one of running) tokens += Math.max(0, one.prompt);
      for (const job of waiting) tokens += job.promptTokens;
      return tokens;
    },
    get nextMs() {
      return nextMs;
    },
    offer: (job, nowMs) => {
      if (running.length >= rates.slots && waiting.length >= rates.queueLimit) return false;
      advance(nowMs);
      waiting.push(job);
      admit();
      plan();
      return true;
    },
    advance,
    fail: (nowMs) => {
      const lost = [...running.map((one) => one.job), ...waiting];
      running = [];
      waiting = [];
      clockMs = nowMs;
      nextMs = Infinity;
      return lost;
    },
  };
}
