import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { readAnswer } from "../support/read-answer.ts";
import {
  bodyOf,
  CONTAINER_KINDS,
  type ContainerKind,
  sourceAs,
  TYPE_OF,
} from "../support/sagemaker/container-bodies.ts";
import { exceptionFrame, payloadPart } from "../support/sagemaker/event-frames.ts";
import { asker, KEY, sageMakerPorts } from "../support/sagemaker/test-transport.ts";

/** Bytes in pieces that end at these places. */
function cutAt(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [
    ...new Set([0, ...places.map((place) => place % (whole.length + 1)), whole.length]),
  ];
  const ends = sorted.toSorted((a, b) => a - b);
  return ends.slice(1).map((end, i) => whole.subarray(ends[i], end));
}

/** A `fetch` that answers with these pieces, one a read. */
function fetchOf(
  pieces: readonly Uint8Array[],
  headers: Readonly<Record<string, string>>,
): typeof fetch {
  return () => {
    const left = [...pieces];
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const piece = left.shift();
          if (piece === undefined) controller.close();
          else controller.enqueue(piece.slice());
        },
      },
      { highWaterMark: 0 },
    );
    return Promise.resolve(new Response(body, { headers }));
  };
}

/** The stream that a caller gets by InvokeEndpoint for these parts, with the wire cut at these places. */
async function through(
  kind: ContainerKind,
  parts: readonly Uint8Array[],
  cuts: readonly number[],
  after: readonly Buffer[] = [],
): Promise<string> {
  const wire = Buffer.concat([...parts.map((part) => payloadPart(part)), ...after]);
  const send = fetchOf(cutAt(wire, cuts), {
    "content-type": "application/vnd.amazon.eventstream",
    "x-amzn-sagemaker-content-type": TYPE_OF[kind],
  });
  const ports = sageMakerPorts(KEY, { fetch: send, now: () => 1_700_000_000_000, id: () => "id" });
  const response = await asker("http://127.0.0.1:9", { transport: "invoke" }, ports)();
  return response.text();
}

const source = answerSource(10);
const places = fc.array(fc.nat(), { maxLength: 40 });
const lineEnds = ["\n", "\r\n", "\r"] as const;

describe.each(CONTAINER_KINDS)("%s", (kind) => {
  test.each(lineEnds)(
    "however frames, parts, events and characters are split (%j), the stream is the same",
    async (lineEnd) => {
      const told = sourceAs(kind, source);
      const body = bodyOf(kind, told, 0, lineEnd);
      const bytes = Buffer.from([...body.head, ...body.tokens, ...body.end].join(""));
      const whole = await through(kind, [bytes], []);
      const seen = await readAnswer(200, new Response(whole).body ?? "");
      expect(seen).toMatchObject({
        answer: told.answer.join(""),
        thought: told.thought.join(""),
        done: true,
      });
      await fc.assert(
        fc.asyncProperty(places, places, async (partCuts, wireCuts) => {
          expect(await through(kind, cutAt(bytes, partCuts), wireCuts)).toBe(whole);
        }),
        { numRuns: 60 },
      );
      const each = cutAt(bytes, [...bytes.keys()]);
      expect(await through(kind, each, [...Array(each.length * 3).keys()])).toBe(whole);
    },
  );

  test("broken at any byte, it is cut back to whole events and ended by an error", async () => {
    const told = sourceAs(kind, source);
    const body = bodyOf(kind, told, 0, "\n");
    const bytes = Buffer.from([...body.head, ...body.tokens].join(""));
    const broken = exceptionFrame("ModelStreamError", { Message: "x", ErrorCode: "StreamBroken" });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: bytes.length }),
        places,
        places,
        async (length, partCuts, wireCuts) => {
          const text = await through(kind, cutAt(bytes.subarray(0, length), partCuts), wireCuts, [
            broken,
          ]);
          // Reading fails at an event that is no whole JSON.
          const seen = await readAnswer(200, new Response(text).body ?? "");
          expect(seen).toMatchObject({ error: "stream_interrupted", done: false });
          expect(told.thought.join("").startsWith(seen.thought)).toBe(true);
          expect(told.answer.join("").startsWith(seen.answer)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
