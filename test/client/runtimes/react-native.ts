import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import type { Findings } from "./probe.ts";

type Listener = () => void;

/** React Native's own AbortController (the `abort-controller` package): no `any`, no `timeout`, no reason. */
class PlainController {
  readonly signal: {
    aborted: boolean;
    addEventListener: (name: string, run: Listener) => void;
    removeEventListener: (name: string, run: Listener) => void;
  };
  readonly listeners = new Set<Listener>();
  constructor() {
    const { listeners } = this;
    this.signal = {
      aborted: false,
      addEventListener: (_name, run) => void listeners.add(run),
      removeEventListener: (_name, run) => void listeners.delete(run),
    };
  }
  abort(): void {
    if (this.signal.aborted) return;
    this.signal.aborted = true;
    for (const run of this.listeners) run();
  }
}

/** `fetch` as React Native has it: the text when all of it is there, and no body to read from. */
async function wholeFetch(
  url: string,
  init: RequestInit & { signal?: PlainController["signal"] },
): Promise<object> {
  const abort = new AbortController();
  init.signal?.addEventListener("abort", () => abort.abort());
  const response = await fetch(url, { ...init, signal: abort.signal });
  const text = await response.text();
  const { status, headers, ok } = response;
  return { status, headers, ok, text: () => Promise.resolve(text) };
}

/**
 * The probe in a host that has the globals of React Native's Hermes and no others: no streams, no `TextDecoder`, no
 * `structuredClone`, no `AbortSignal.any` or `timeout`, no `Request` or `Response` as in browsers, no `crypto`. Not
 * React Native itself: a stand-in for what it lacks.
 */
export async function probeLikeReactNative(script: string, url: string): Promise<Findings> {
  const context = createContext({
    console,
    setTimeout,
    clearTimeout,
    performance: { now: () => performance.now() },
    fetch: wholeFetch,
    Headers,
    AbortController: PlainController,
    TextEncoder,
  });
  for (const name of ["WebAssembly", "SharedArrayBuffer", "Atomics"]) {
    runInContext(`delete globalThis.${name}`, context);
  }
  runInContext(readFileSync(script, "utf8"), context, { filename: script });
  const ran: unknown = runInContext(`probe(${JSON.stringify(url)}).then(JSON.stringify)`, context);
  return JSON.parse(String(await ran)) as Findings;
}
