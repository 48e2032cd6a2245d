import { type FrameStream, joinFrames, PING } from "@qwq-fit/router";

/**
 * A stream as workerd carries it at the least cost: pieces are written to a native stream instead of being asked for
 * by one made here. Comments go out in silence; a write that fails says that the caller has gone.
 */
export function nativeStream(
  { frames, abandon }: FrameStream,
  headers: Readonly<Record<string, string>>,
  keepAliveMs: number,
): { readonly response: Response; readonly done: Promise<void> } {
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
        const { done, value } = await frames.next();
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
  return { response: new Response(readable, { headers }), done: pump() };
}
