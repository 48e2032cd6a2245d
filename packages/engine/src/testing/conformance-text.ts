import { expect } from "vitest";
import { collect } from "./collect.ts";
import { answer, chat, greedy, opened, thought, words } from "./conformance.ts";
import type { ConformanceCase } from "./conformance.ts";

/** What an engine says. */
export const TEXT_CASES: readonly ConformanceCase[] = [
  {
    title: "says the whole text, each token once, and counts it",
    except: null,
    run: async (subject) => {
      const got = await collect(
        subject.engine.generate({ prompt: chat("hello"), sampling: greedy, reasoning: opened }),
      );
      expect(got.text).toBe(`${thought(subject)}</think>${answer(subject)}`);
      expect(got.end.reason).toBe("stop");
      expect(got.end.insideThought).toBe(false);
      const { usage } = got.end;
      // Thought, its closing tag, the answer, the end token.
      expect(usage.completionTokens).toBe(subject.thoughts + 1 + subject.words + 1);
      expect(usage.reasoningTokens).toBe(subject.thoughts);
    },
  },
  {
    title: "stops at maxTokens and tells that it was inside the thought",
    except: null,
    run: async (subject) => {
      const got = await collect(
        subject.engine.generate({
          prompt: chat("short"),
          maxTokens: 7,
          sampling: greedy,
          reasoning: opened,
        }),
      );
      expect(got.text).toBe(words("t", 0, 7));
      expect(got.end).toMatchObject({ reason: "length", insideThought: true });
      expect(got.end.usage.completionTokens).toBe(7);
    },
  },
  {
    title: "ends before a stop string and gives none of it out",
    except: null,
    run: async (subject) => {
      const got = await collect(
        subject.engine.generate({
          prompt: chat("stop"),
          stop: [" w3 w4", "never"],
          sampling: greedy,
          reasoning: opened,
        }),
      );
      expect(got.text).toBe(`${thought(subject)}</think> w0 w1 w2`);
    },
  },
  {
    title: "tells which stop string it was",
    except: "stop-reason",
    run: async (subject) => {
      const got = await collect(
        subject.engine.generate({
          prompt: chat("stop"),
          stop: ["never", " w3 w4"],
          sampling: greedy,
          reasoning: opened,
        }),
      );
      expect(got.end).toMatchObject({ reason: "stop-sequence", stopSequence: " w3 w4" });
    },
  },
  {
    title: "tells the prompt's length before the first token",
    except: "prompt-length",
    run: async (subject) => {
      const got = await collect(
        subject.engine.generate({ prompt: chat("length"), maxTokens: 1, sampling: greedy }),
      );
      expect(got.prompt.promptTokens).toBeGreaterThan(0);
      expect(got.end.usage.promptTokens).toBe(got.prompt.promptTokens);
    },
  },
  {
    title: "a stop string inside the thought stops nothing",
    except: "stop-in-thought",
    run: async (subject) => {
      const got = await collect(
        subject.engine.generate({
          prompt: chat("stop"),
          stop: [" t3", " w1"],
          sampling: greedy,
          reasoning: opened,
        }),
      );
      expect(got.text).toBe(`${thought(subject)}</think> w0`);
    },
  },
  {
    title: "closes the thought when its budget is used up, and then answers",
    except: "budget",
    run: async (subject) => {
      const got = await collect(
        subject.engine.generate({
          prompt: chat("budget"),
          sampling: greedy,
          reasoning: { open: true, budgetTokens: 5 },
        }),
      );
      expect(got.text.startsWith(`${words("t", 0, 5)}</think>`)).toBe(true);
      expect(got.text).not.toContain(" t5");
      expect(got.text).toContain(answer(subject));
      expect(got.end).toMatchObject({ thoughtForced: true, reason: "stop" });
      expect(got.end.usage.reasoningTokens).toBe(5);
    },
  },
  {
    title: "keeps streams apart that run side by side",
    except: null,
    run: async (subject) => {
      const count = subject.engine.info.slots;
      const runs = Array.from({ length: count }, (_, i) =>
        collect(
          subject.engine.generate({
            prompt: chat(`stream ${i}`.repeat(i + 1)),
            maxTokens: 40 + i,
            sampling: greedy,
            reasoning: opened,
          }),
        ),
      );
      const whole = `${thought(subject)}</think>${answer(subject)}`;
      for (const got of await Promise.all(runs)) expect(whole.startsWith(got.text)).toBe(true);
    },
  },
];
