import { type FrameStream, joinFrames, PING } from "@qwq-fit/router";

/** Turns of the microtask queue within which that is told which was already read. */
const TURNS = 16;

type Piece = Awaited<ReturnType<FrameStream["frames"]["next"]>>;

/** What the promise brings, if nothing outside must happen for it; else null. */
async function atHand(promise: Promise<Piece>): Promise<Piece | null> {
  const at: { piece: Piece | null } = { piece: null };
  promise.then(
    (piece) => (at.piece = piece),
    () => undefined,
  );
  for (let turn = 0; turn < TURNS && at.piece === null; turn++) await Promise.resolve();
  return at.piece;
}

/**
 * A stream as workerd carries it at the least cost: pieces are written to a native stream instead of being asked for
 * by one made here, and an answer that is whole already is no stream. Comments go out in silence; a write that fails
 * says that the caller has gone.
 */
export async function nativeStream(
  answer: FrameStream,
  headers: Readonly<Record<string, string>>,
  keepAliveMs: number,
  waitUntil: (work: Promise<unknown>) => void,
): Promise<Response> {
  const { frames } = answer;
  const first = frames.next();
  const head = await atHand(first);
  if (head?.done !== false) return piped(answer, [first], headers, keepAliveMs, waitUntil);
  const second = frames.next();
  const end = await atHand(second);
  if (end?.done === true) return new Response(joinFrames(head.value), { headers });
  return piped(answer, [first, second], headers, keepAliveMs, waitUntil);
}

/** `asked`: what was asked of the frames already. */
function piped(
  { frames, abandon }: FrameStream,
  asked: Promise<Piece>[],
  headers: Readonly<Record<string, string>>,
  keepAliveMs: number,
  waitUntil: (work: Promise<unknown>) => void,
): Response {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  let lastMs = Date.now();
  let writing = false;
  const gone = (): void => {
    abandon();
    void frames.return();
  };
  const ping = setInterval(() => {
    // A write that waits is a reader that is slow: nothing needs keeping open.
    if (writing || Date.now() - lastMs < keepAliveMs) return;
    lastMs = Date.now();
    writer.write(PING).catch(gone);
  }, keepAliveMs);
  const pump = async (): Promise<void> => {
    try {
      for (;;) {
        const { done, value } = await (asked.shift() ?? frames.next());
        if (done === true) break;
        writing = true;
        await writer.write(joinFrames(value));
        writing = false;
        lastMs = Date.now();
      }
      await writer.close();
    } catch (error) {
      gone();
      await writer.abort(error).catch(() => undefined);
    } finally {
      clearInterval(ping);
    }
  };
  waitUntil(pump());
  return new Response(readable, { headers });
}
