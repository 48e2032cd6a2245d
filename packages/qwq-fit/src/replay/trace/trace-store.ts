import type { TraceRequest } from "@qwq-fit/simulation";

/** A request as a reader found it. Token counts are whole numbers from 0. */
export interface ReadRequest {
  /** Ms since any fixed time. */
  readonly arrivalMs: number;
  readonly promptTokens: number;
  readonly reasoningTokens: number;
  readonly answerTokens: number;
  /** Requests with the same key share the beginning of their prompts. */
  readonly prefixKey: string | null;
  /** How much of the prompt they share; null: what a conversation that goes on repeats. */
  readonly prefixTokens: number | null;
}

/** All requests of a trace in columns: 32 bytes each, off the heap, however many there are. */
export interface TraceStore {
  readonly length: number;
  add(request: ReadRequest, line: number): void;
  /** Brings them in order of arrival and lets time begin at the first. Returns how many stood out of order. */
  order(): number;
  arrivalMs(index: number): number;
  line(index: number): number;
  /** A part of the trace, in order; times count from the first request of all. */
  requests(from?: number, to?: number): Generator<TraceRequest>;
  reasoningTokens(index: number): number;
  promptTokens(index: number): number;
  outputTokens(index: number): number;
  /** Forgets those for which this says no. */
  keep(test: (index: number) => boolean): void;
  /** When the first arrived, as it was told; 0 before `order`. */
  readonly firstMs: number;
}

const FIRST_ROOM = 4096;

class Columns {
  arrival: Float64Array<ArrayBuffer> = new Float64Array(FIRST_ROOM);
  prompt: Uint32Array<ArrayBuffer> = new Uint32Array(FIRST_ROOM);
  reasoning: Uint32Array<ArrayBuffer> = new Uint32Array(FIRST_ROOM);
  answer: Uint32Array<ArrayBuffer> = new Uint32Array(FIRST_ROOM);
  prefix: Uint32Array<ArrayBuffer> = new Uint32Array(FIRST_ROOM);
  key: Int32Array<ArrayBuffer> = new Int32Array(FIRST_ROOM);
  line: Uint32Array<ArrayBuffer> = new Uint32Array(FIRST_ROOM);

  /** The columns with these rows, in this order, and room for `room`. */
  picked(order: Uint32Array | null, room: number): Columns {
    const next = new Columns();
    const copy = <
      T extends Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer>,
    >(
      from: T,
      to: T,
    ): T => {
      if (order === null) to.set(from);
      else for (const [i, row] of order.entries()) to[i] = from[row] ?? 0;
      return to;
    };
    next.arrival = copy(this.arrival, new Float64Array(room));
    next.prompt = copy(this.prompt, new Uint32Array(room));
    next.reasoning = copy(this.reasoning, new Uint32Array(room));
    next.answer = copy(this.answer, new Uint32Array(room));
    next.prefix = copy(this.prefix, new Uint32Array(room));
    next.key = copy(this.key, new Int32Array(room));
    next.line = copy(this.line, new Uint32Array(room));
    return next;
  }
}

/** Stands for "what the conversation repeats" in the column of prefix lengths. */
const GOES_ON = 0xffffffff;
/** Keys of prefixes that are told apart; a trace with more conversations shares numbers among old ones. */
const MOST_KEYS = 1 << 20;

const at = (column: Uint32Array, index: number): number => column[index] ?? 0;

/** An empty store. */
export function createTraceStore(): TraceStore {
  let columns = new Columns();
  let length = 0;
  let firstMs = 0;
  const keys = new Map<string, number>();
  let nextKey = 1;

  const keyOf = (name: string | null): number => {
    if (name === null) return 0;
    const known = keys.get(name);
    if (known !== undefined) return known;
    if (keys.size >= MOST_KEYS) keys.clear();
    keys.set(name, nextKey);
    return nextKey++;
  };

  /** A conversation that goes on repeats its last prompt and answer (thoughts are not sent back). */
  const fillPrefixes = (): void => {
    const lengths = new Map<number, number>();
    for (let i = 0; i < length; i++) {
      const key = columns.key[i] ?? 0;
      if (key === 0 || columns.prefix[i] !== GOES_ON) continue;
      const prompt = at(columns.prompt, i);
      const before = lengths.get(key) ?? 0;
      columns.prefix[i] = before < prompt ? before : 0;
      if (lengths.size >= MOST_KEYS) lengths.clear();
      lengths.set(key, prompt + at(columns.answer, i));
    }
  };

  return {
    get length() {
      return length;
    },
    get firstMs() {
      return firstMs;
    },
    add: (request, line) => {
      if (length === columns.arrival.length) columns = columns.picked(null, length * 2);
      columns.arrival[length] = request.arrivalMs;
      columns.prompt[length] = request.promptTokens;
      columns.reasoning[length] = request.reasoningTokens;
      columns.answer[length] = request.answerTokens;
      columns.prefix[length] = request.prefixTokens ?? GOES_ON;
      columns.key[length] = keyOf(request.prefixKey);
      columns.line[length] = line;
      length++;
    },
    order: () => {
      let unordered = 0;
      for (let i = 1; i < length; i++) {
        if ((columns.arrival[i] ?? 0) < (columns.arrival[i - 1] ?? 0)) unordered++;
      }
      if (unordered > 0) {
        const { arrival } = columns;
        const order = Uint32Array.from({ length }, (_, i) => i).toSorted(
          (a, b) => (arrival[a] ?? 0) - (arrival[b] ?? 0) || a - b,
        );
        columns = columns.picked(order, length);
      }
      const [start = 0] = columns.arrival;
      firstMs += start;
      for (let i = 0; i < length; i++) columns.arrival[i] = (columns.arrival[i] ?? 0) - start;
      fillPrefixes();
      return unordered;
    },
    arrivalMs: (index) => columns.arrival[index] ?? 0,
    line: (index) => at(columns.line, index),
    reasoningTokens: (index) => at(columns.reasoning, index),
    promptTokens: (index) => at(columns.prompt, index),
    outputTokens: (index) => at(columns.reasoning, index) + at(columns.answer, index),
    keep: (test) => {
      const order = Uint32Array.from({ length }, (_, i) => i).filter((i) => test(i));
      columns = columns.picked(order, Math.max(order.length, 1));
      length = order.length;
    },
    *requests(from = 0, to = length) {
      for (let i = from; i < Math.min(to, length); i++) {
        const key = columns.key[i] ?? 0;
        const arrivalMs = columns.arrival[i] ?? 0;
        const promptTokens = at(columns.prompt, i);
        const outputTokens = at(columns.reasoning, i) + at(columns.answer, i);
        yield key === 0
          ? { arrivalMs, promptTokens, outputTokens }
          : {
              arrivalMs,
              promptTokens,
              outputTokens,
              prefixKey: key,
              prefixTokens: at(columns.prefix, i),
            };
      }
    },
  };
}
