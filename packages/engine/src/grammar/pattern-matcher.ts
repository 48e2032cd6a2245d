import { Script, createContext } from "node:vm";
import type { Context } from "node:vm";

/** What came of holding a text against a regular expression. */
export type Match = "matches" | "differs" | "unreadable" | "too slow";

/** Holds texts against regular expressions that callers wrote. */
export type PatternMatcher = (text: string, pattern: string) => Match;

/** Time that all patterns of one value may take, ms. A sane one takes microseconds; `^(a+)+$` never ends. */
export const PATTERN_BUDGET_MS = 1000;

const TEST = "new RegExp(pattern, 'u').test(text)";

/**
 * A matcher for one value: all its matches together are bounded in time, because a caller's pattern can take exponential
 * time and would stop the server for everybody. Node's `vm` ends a running match; JavaScript itself cannot.
 */
export function createPatternMatcher(budgetMs: number = PATTERN_BUDGET_MS): PatternMatcher {
  let left = budgetMs;
  let place: { readonly script: Script; readonly context: Context } | null = null;
  return (text, pattern) => {
    if (left < 1) return "too slow";
    place ??= {
      script: new Script(TEST),
      context: createContext({}, { microtaskMode: "afterEvaluate" }),
    };
    Object.assign(place.context, { text, pattern });
    const began = performance.now();
    try {
      const found: unknown = place.script.runInContext(place.context, { timeout: Math.ceil(left) });
      return found === true ? "matches" : "differs";
    } catch (error) {
      const code: unknown = Reflect.get(Object(error), "code");
      return code === "ERR_SCRIPT_EXECUTION_TIMEOUT" ? "too slow" : "unreadable";
    } finally {
      left -= performance.now() - began;
    }
  };
}
