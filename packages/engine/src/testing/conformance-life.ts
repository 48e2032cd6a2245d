import { expect } from "vitest";
import { collect } from "./collect.ts";
import { chat, greedy, opened } from "./conformance.ts";
import type { ConformanceCase } from "./conformance.ts";

/** How requests end, and what an engine refuses. */
export const LIFE_CASES: readonly ConformanceCase[] = [
  {
    title: "an abort ends the stream with its error and frees the slot",
    except: null,
    run: async (subject) => {
      const stop = new AbortController();
      let tokens = 0;
      const run = collect(
        subject.engine.generate(
          { prompt: chat("abort"), sampling: greedy, reasoning: opened },
          stop.signal,
        ),
        (event) => {
          if (event.type === "token" && ++tokens === 3) stop.abort();
        },
      );
      await expect(run).rejects.toMatchObject({ code: "aborted" });
      expect(tokens).toBe(3);
      const after = await collect(
        subject.engine.generate({ prompt: chat("after"), maxTokens: 2, sampling: greedy }),
      );
      expect(after.text).toBe(" t0 t1");
      expect(subject.engine.state().running).toBe(0);
    },
  },
  {
    title: "leaving the loop early stops the work",
    except: null,
    run: async (subject) => {
      for await (const event of subject.engine.generate({
        prompt: chat("leave"),
        sampling: greedy,
      })) {
        if (event.type === "token") break;
      }
      const after = await collect(
        subject.engine.generate({ prompt: chat("after"), maxTokens: 1, sampling: greedy }),
      );
      expect(after.text).toBe(" t0");
      expect(subject.engine.state().running).toBe(0);
    },
  },
  {
    title: "an aborted signal starts nothing",
    except: null,
    run: async (subject) => {
      const run = collect(subject.engine.generate({ prompt: chat("never") }, AbortSignal.abort()));
      await expect(run).rejects.toMatchObject({ code: "aborted" });
    },
  },
  {
    title: "a prompt past the context is refused, with both lengths",
    except: "context",
    run: async (subject) => {
      const { contextTokens } = subject.engine.info;
      const run = collect(
        subject.engine.generate({ prompt: chat("x".repeat((contextTokens ?? 0) + 1)) }),
      );
      await expect(run).rejects.toMatchObject({
        code: "context_too_long",
        details: { contextTokens },
      });
    },
  },
  {
    title: "goes on from a partial answer, and from inside a thought",
    except: "continuation",
    run: async (subject) => {
      const template = { continueFinalMessage: true };
      const go = async (message: { content: string | null; reasoning_content?: string }) => {
        const { text } = await collect(
          subject.engine.generate({
            prompt: {
              kind: "chat",
              messages: [
                { role: "user", content: "go on" },
                { role: "assistant", ...message },
              ],
              template,
            },
            maxTokens: 3,
            sampling: greedy,
          }),
        );
        return text;
      };
      expect(await go({ content: " w0 w1 w2 w3" })).toBe(" w4 w5 w6");
      expect(await go({ content: null, reasoning_content: " t0 t1" })).toBe(" t2 t3 t4");
    },
  },
  {
    title: "tokens go to text and back",
    except: "tokens",
    run: async (subject) => {
      const text = "<|im_start|>user\nhé w1 t2<|im_end|>";
      const tokens = await subject.engine.tokenize(text);
      expect(await subject.engine.detokenize(tokens)).toBe(text);
      const prompt = await subject.engine.applyTemplate([{ role: "user", content: "hé" }], []);
      expect(prompt.opensThought).toBe(true);
      expect(prompt.tokens).toEqual(await subject.engine.tokenize(prompt.text));
      const got = await collect(
        subject.engine.generate({
          prompt: { kind: "tokens", tokens: prompt.tokens ?? [] },
          maxTokens: 4,
          sampling: greedy,
        }),
      );
      expect(got.prompt.promptTokens).toBe(prompt.tokens?.length);
      expect(await subject.engine.detokenize(got.tokenIds)).toBe(got.text);
    },
  },
  {
    title: "close ends what runs, and may be called twice",
    except: null,
    run: async (subject, open) => {
      const other = await open();
      const run = collect(
        other.engine.generate({ prompt: chat("long"), sampling: greedy }),
        (event) => {
          if (event.type === "token") void other.engine.close();
        },
      );
      await expect(run).rejects.toMatchObject({ code: "aborted" });
      await other.engine.close();
      expect(other.engine.state().phase).toBe("closed");
      await other.dispose();
    },
  },
];
