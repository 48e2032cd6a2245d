import { createSseScanner, DONE, parseJson, parseSseFrame, type SseFrame } from "@qwq-fit/wire";

/** What is sent besides the address; made anew for each connection, since a key may have run out meanwhile. */
export type MakeInit = () => Promise<RequestInit & { headers: Readonly<Record<string, string>> }>;

/** Pauses before the second and later tries in a row that brought nothing, ms; the last is repeated. */
const PAUSES_MS = [0, 250, 500, 1000, 2000, 4000, 8000] as const;

/** What browsers tell of their network; other places have none of it. */
interface Listening {
  addEventListener(type: "online", run: () => void): void;
  removeEventListener(type: "online", run: () => void): void;
}

/** A first request that nothing answers is left to whoever knows other places to ask. */
const POSTS = 5;

/** Resolves after a while, or as soon as the device says that it is online again, or the caller leaves. */
function pause(ms: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve) => {
    const here: Partial<Listening> = Object(globalThis);
    const settle = (): void => {
      clearTimeout(timer);
      here.removeEventListener?.("online", settle);
      signal?.removeEventListener("abort", settle);
      resolve();
    };
    const timer = setTimeout(settle, ms);
    here.addEventListener?.("online", settle);
    signal?.addEventListener("abort", settle);
    if (signal?.aborted === true) settle();
  });
}

function drawKey(): string {
  const bytes = globalThis.crypto?.getRandomValues(new Uint8Array(16));
  // React Native has no crypto of its own: there the key tells taps apart and keeps nothing secret.
  const numbers = bytes ?? Array.from({ length: 16 }, () => Math.floor(Math.random() * 256));
  return [...numbers].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether this event ends the answer, well or not. */
function isLast(frame: SseFrame): boolean {
  const { data, event } = parseSseFrame(frame);
  return data !== null && (data === DONE || event === "error" || /^\s*\{\s*"error"\s*:/.test(data));
}

/** One connection after another, as long as the caller stays. */
interface Line {
  /** Sends until something answers; a network that is away is waited for. */
  connect(url: string, more: (init: RequestInit) => RequestInit, tries?: number): Promise<Response>;
  /** What came by the last connection was something: the next try need not wait. */
  progress(): void;
}

function createLine(send: typeof fetch, makeInit: MakeInit): Line {
  let fruitless = 0;
  return {
    progress: () => {
      fruitless = 0;
    },
    connect: async (url, more, tries = Infinity) => {
      for (let left = tries - 1; ; left--) {
        const init = await makeInit();
        if (fruitless > 0) {
          await pause(PAUSES_MS[Math.min(fruitless, PAUSES_MS.length) - 1] ?? 0, init.signal);
        }
        fruitless += 1;
        init.signal?.throwIfAborted();
        try {
          const response = await send(url, more(init));
          // A gateway between is restarting; the answer behind it goes on.
          if (response.status < 502 || response.status > 504) return response;
          if (response.headers.has("x-qwq-node") || left <= 0) return response;
          await response.body?.cancel().catch(() => undefined);
        } catch (error) {
          if (init.signal?.aborted === true || left <= 0) throw error;
        }
      }
    },
  };
}

/**
 * A POST whose answer survives lost connections: it carries a key, so that repeating it generates nothing twice; and
 * a stream that breaks is gone on with behind the last whole event. Where the other side is no router of ours, or
 * keeps no answers, its response passes as it is. Leaving early cancels the answer there.
 */
export async function resume(
  send: typeof fetch,
  url: string,
  makeInit: MakeInit,
): Promise<Response> {
  const key = drawKey();
  const line = createLine(send, makeInit);
  const post = (init: RequestInit): RequestInit => ({
    ...init,
    headers: { "idempotency-key": key, ...headersOf(init) },
  });
  const first = await line.connect(url, post, POSTS);
  const id = first.headers.get("x-qwq-answer");
  if (id === null || first.body === null) return first;
  if (!(first.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
    return wholeOf(first, () => line.connect(url, post, POSTS));
  }
  const answerUrl = `${url.replace(/\/(?:chat\/)?\w+$/, "")}/answers/${id}`;
  const again = (lastId: string | null): Promise<Response> =>
    line.connect(`${answerUrl}/events`, (init) => ({
      ...init,
      method: "GET",
      body: null,
      headers: { ...headersOf(init), ...(lastId === null ? {} : { "last-event-id": lastId }) },
    }));
  const cancel = async (): Promise<void> => {
    const { headers } = await makeInit();
    await send(answerUrl, { method: "DELETE", headers });
  };
  const body = unbroken(first.body, again, () => void cancel().catch(() => undefined), line);
  return new Response(body, { status: first.status, headers: first.headers });
}

const headersOf = (init: RequestInit): Record<string, string> =>
  Object.fromEntries(new Headers(init.headers));

/** A whole answer, asked for again where it broke while it was read; a cut may look like an end. */
async function wholeOf(first: Response, again: () => Promise<Response>): Promise<Response> {
  let response = first;
  for (let left = POSTS; ; left--) {
    const text = await response.text().catch(() => "");
    if (left === 0 || parseJson(text) !== undefined) {
      return new Response(text, { status: response.status, headers: response.headers });
    }
    response = await again();
  }
}

/** Whole events alone, over as many connections as it takes. */
function unbroken(
  first: ReadableStream<Uint8Array>,
  again: (lastId: string | null) => Promise<Response>,
  cancel: () => void,
  line: Line,
): ReadableStream<Uint8Array> {
  let reader = first.getReader();
  let scanner = createSseScanner();
  let lastId: string | null = null;
  let over = false;
  const reconnect = async (): Promise<boolean> => {
    const response = await again(lastId);
    if (response.status === 204) return false;
    if (response.status !== 200 || response.body === null) {
      throw new Error(`the answer cannot be gone on with (${response.status})`);
    }
    reader = response.body.getReader();
    scanner = createSseScanner();
    return true;
  };
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        for (;;) {
          // A cut may look like an end: only the answer's own last event is one.
          const read = await reader.read().catch(() => null);
          if (read === null || read.done) {
            if (over || !(await reconnect())) return controller.close();
            continue;
          }
          const frames = scanner.push(read.value);
          for (const frame of frames) {
            lastId = parseSseFrame(frame).id ?? lastId;
            over ||= isLast(frame);
            controller.enqueue(frame.bytes);
          }
          if (frames.length > 0) return line.progress();
        }
      },
      cancel: async () => {
        if (!over) cancel();
        await reader.cancel().catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
