import { createRandom, type Random } from "@qwq-fit/simulation";
import { QwqError } from "@qwq-fit/schema";
import type { Trace } from "./read-trace.ts";
import { createFaultBook } from "./trace-faults.ts";
import { createTraceStore, type TraceStore } from "./trace-store.ts";

/** What people of one kind do. Chosen by us, not measured: told with every replay of it. */
interface Habit {
  readonly name: string;
  /** Requests of one user a day. */
  readonly perDay: number;
  /** Requests of one conversation, on average. */
  readonly turns: number;
  readonly pauseMs: number;
  /** Medians of log-normal lengths, tokens. */
  readonly promptTokens: number;
  readonly reasoningTokens: number;
  readonly answerTokens: number;
  /** Over an office day, or evenly. */
  readonly follows: "office" | "always";
}

const HABITS: readonly Habit[] = [
  {
    name: "chat",
    perDay: 12,
    turns: 4,
    pauseMs: 60_000,
    promptTokens: 300,
    reasoningTokens: 900,
    answerTokens: 350,
    follows: "office",
  },
  {
    name: "agent",
    perDay: 60,
    turns: 15,
    pauseMs: 8000,
    promptTokens: 4000,
    reasoningTokens: 400,
    answerTokens: 250,
    follows: "office",
  },
  {
    name: "documents",
    perDay: 8,
    turns: 2,
    pauseMs: 120_000,
    promptTokens: 5000,
    reasoningTokens: 800,
    answerTokens: 400,
    follows: "office",
  },
  {
    name: "batch",
    perDay: 200,
    turns: 1,
    pauseMs: 0,
    promptTokens: 1200,
    reasoningTokens: 1200,
    answerTokens: 400,
    follows: "always",
  },
];

/** Standard deviation of the logarithm of lengths: one in twenty is above four times the median. */
const SPREAD = 0.8;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** No conversation is longer than most contexts. */
const LONGEST_PROMPT = 100_000;
const MOST_REQUESTS = 5_000_000;

/** Requests by hour of an office day, relative: two humps with a lunch between, little at night. Chosen, not measured. */
const OFFICE: readonly number[] = [
  1, 1, 1, 1, 1, 2, 4, 10, 22, 34, 38, 34, 24, 30, 37, 36, 31, 22, 14, 11, 9, 6, 3, 2,
];

function timeOfDay(habit: Habit, random: Random): number {
  if (habit.follows === "always") return random.uniform() * DAY_MS;
  let left = random.uniform() * OFFICE.reduce((sum, weight) => sum + weight, 0);
  for (const [hour, weight] of OFFICE.entries()) {
    if (left < weight) return (hour + left / weight) * HOUR_MS;
    left -= weight;
  }
  return DAY_MS - 1;
}

/** A geometric number of turns with this mean. */
function turnsOf(mean: number, random: Random): number {
  let turns = 1;
  while (turns < 200 && random.uniform() > 1 / mean) turns++;
  return turns;
}

function addConversation(
  store: TraceStore,
  habit: Habit,
  key: string,
  startMs: number,
  random: Random,
): number {
  const length = (median: number): number => Math.ceil(random.logNormal(median, SPREAD));
  const turns = turnsOf(habit.turns, random);
  let atMs = startMs;
  let history = 0;
  let added = 0;
  for (let turn = 0; turn < turns && history < LONGEST_PROMPT; turn++) {
    const answerTokens = length(habit.answerTokens);
    // Later turns of an agent bring a tool's answer, those of a person a sentence: less than the first.
    const fresh = turn === 0 ? length(habit.promptTokens) : length(habit.promptTokens / 4);
    const promptTokens = Math.min(LONGEST_PROMPT, history + fresh);
    const reasoningTokens = length(habit.reasoningTokens);
    store.add(
      {
        arrivalMs: atMs,
        promptTokens,
        reasoningTokens,
        answerTokens,
        prefixKey: key,
        prefixTokens: history,
      },
      0,
    );
    added++;
    history = promptTokens + answerTokens;
    atMs += random.exponential(habit.pauseMs) + (reasoningTokens + answerTokens) * 30;
  }
  return added;
}

const WORDS =
  'such as "100 users, chat", "20 users, agent, 2 days"; kinds are ' +
  HABITS.map(({ name }) => name).join(", ");

/** A stated workload: "100 users, chat", with ", 3 days" behind it for more than one. */
export function syntheticTrace(text: string, seed: number): Trace {
  const [, usersText, kind, daysText = "1"] =
    /^\s*(\d{1,6})\s+users?\s*,\s*([a-z]+)\s*(?:,\s*(\d{1,2})\s+days?\s*)?$/iu.exec(text) ?? [];
  const habit = HABITS.find(({ name }) => name === kind?.toLowerCase());
  const users = Number(usersText ?? 0);
  const days = Number(daysText);
  if (habit === undefined || users < 1 || days < 1) {
    throw new QwqError("invalid_value", `"${text}" is no workload`, { hint: `Say it ${WORDS}.` });
  }
  if (users * days * habit.perDay > MOST_REQUESTS) {
    throw new QwqError("invalid_value", `"${text}" is more than ${MOST_REQUESTS} requests`);
  }
  const store = createTraceStore();
  const random = createRandom(seed);
  for (let day = 0; day < days; day++) {
    for (let user = 0; user < users; user++) {
      const mine = random.fork();
      // Conversations of the day: so many that the mean number of requests comes out.
      let left = habit.perDay / habit.turns;
      for (let i = 0; left > 0; i++, left--) {
        if (left < 1 && mine.uniform() > left) break;
        addConversation(
          store,
          habit,
          `${day}-${user}-${i}`,
          day * DAY_MS + timeOfDay(habit, mine),
          mine,
        );
      }
    }
  }
  store.order();
  const { perDay, turns, promptTokens, reasoningTokens, answerTokens } = habit;
  return {
    store,
    source: `${users} users, ${habit.name}, ${days === 1 ? "1 day" : `${days} days`}`,
    formats: ["qwq-fit"],
    lines: 0,
    unordered: 0,
    spanMs: days * DAY_MS,
    faults: createFaultBook().faults(),
    notes: [
      `a stated workload, not a measured one: ${perDay} requests of each user a day in conversations of ${turns}, log-normal lengths with medians of ${promptTokens} prompt, ${reasoningTokens} thinking and ${answerTokens} answer tokens${habit.follows === "office" ? ", over an office day" : ", evenly over the day"}`,
    ],
  };
}
