import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTraceFrom, type Trace } from "./read-trace.ts";

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield Buffer.from(text);
}
const read = (...lines: readonly string[]): Promise<Trace> =>
  readTraceFrom(bytes(lines.join("\n")), "table");
const kinds = ({ faults }: Trace): unknown => faults.first.map((one) => [one.line, one.kind]);

const OPENAI =
  "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,model,input_tokens,output_tokens";

describe("tables", () => {
  test("the export of OpenAI's dashboard: buckets by key, some without requests", async () => {
    const minute = "1761523800,1761523860,2025-10-27T00:10:00+00:00,2025-10-27T00:11:00+00:00";
    const trace = await read(
      OPENAI,
      `${minute},proj_a,3.0,gpt-x,4212,1673`,
      `${minute},proj_b,3.0,gpt-x,5904,1419`,
      "1761523860,1761523920,2025-10-27T00:11:00+00:00,2025-10-27T00:12:00+00:00,,,,,",
    );
    expect([trace.store.length, trace.formats]).toEqual([6, ["OpenAI"]]);
    expect(kinds(trace)).toEqual([[4, "not_a_request"]]);
    const requests = [...trace.store.requests()];
    expect(requests.reduce((sum, one) => sum + one.promptTokens, 0)).toBe(4212 + 5904);
    // Two rows of one minute are not at the same times.
    expect(new Set(requests.map(({ arrivalMs }) => arrivalMs)).size).toBe(6);
  });

  test("observations with texts over many lines, quotes and commas in them", async () => {
    const trace = await read(
      "id,traceId,type,startTime,sessionId,input,usageDetails",
      'o,t,GENERATION,2026-11-23T10:00:00Z,s,"a ""quoted"" text,',
      'over lines","{""input"":100,""output"":20}"',
      "",
      "o,t,SPAN,2026-11-23T10:00:01Z,s,,",
    );
    expect(trace.formats).toEqual(["Langfuse"]);
    expect([...trace.store.requests()]).toMatchObject([{ promptTokens: 100, outputTokens: 20 }]);
    expect(kinds(trace)).toEqual([[5, "not_a_request"]]);
  });

  test("our own columns, and those of LiteLLM's rows, with other delimiters", async () => {
    const own = await read("arrivalMs;promptTokens;answerTokens", "0;10;5", "900;20;6");
    expect([...own.store.requests()]).toMatchObject([
      { arrivalMs: 0, promptTokens: 10, outputTokens: 5 },
      { arrivalMs: 900, promptTokens: 20, outputTokens: 6 },
    ]);
    const spent = await read(
      "request_id\tcall_type\tstartTime\tprompt_tokens\tcompletion_tokens\tcache_hit",
      "x\tacompletion\t2026-11-23 10:00:00.250\t12\t40\tFalse",
      "y\taembedding\t2026-11-23 10:00:01\t12\t0\tFalse",
    );
    expect([spent.store.length, spent.formats]).toEqual([1, ["LiteLLM"]]);
    expect(kinds(spent)).toEqual([[3, "not_a_request"]]);
  });

  test("each bad row is told by the line on which it begins", async () => {
    const trace = await read(
      "arrivalMs,promptTokens,answerTokens,promptTokens",
      "0,10,5,7",
      "1,10",
      "-2,10,5,",
      "3,many,5,",
      '4,"10',
      '10",5,',
      "5,10,5,",
      '6,10,5,"never closed',
      "7,10,5,",
    );
    expect([...trace.store.requests()].map(({ promptTokens }) => promptTokens)).toEqual([10, 10]);
    expect(kinds(trace)).toEqual([
      [1, "duplicate_key"],
      [3, "broken_csv"],
      [4, "negative"],
      [5, "not_a_number"],
      [6, "not_a_number"],
      [9, "broken_csv"],
    ]);
  });

  test("quotes without end are told in bounded time and memory", async () => {
    const text = ["arrivalMs,promptTokens,answerTokens", "0,1,1", ...hostile()].join("\n");
    const trace = await readTraceFrom(bytes(text), "table");
    expect(trace.store.length).toBe(1);
    expect(trace.faults.byKind["line_too_long"]).toBeGreaterThan(0);
  });

  test("a table without a column for the time is told what it lacks", async () => {
    const { faults } = await read("created_at,prompt_tokens", "2026-11-20T08:00:00Z,900");
    expect(faults.first[0]?.message).toContain("a column arrival, arrivalMs or startTime");
  });

  test("any lines: every row is a request or a fault, and nothing throws", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("1,2,3", "1,2", "", '"1",2,3', "x,y,z", "-1,2,3", "1,2,3,4")),
        async (rows) => {
          const trace = await read("arrivalMs,promptTokens,answerTokens", ...rows);
          const full = rows.filter((row) => row !== "");
          expect(trace.store.length + trace.faults.total).toBe(full.length);
        },
      ),
      { numRuns: 100, seed: 5 },
    );
  });
});

/** A quote is opened, and lines with two of them follow: nine million bytes. */
function* hostile(): Generator<string> {
  yield '1,"';
  for (let i = 0; i < 3_000_000; i++) yield '""';
}
