import type { Target } from "./target.ts";

/** Where a local model stands, on its way to serving. */
export interface LocalStatus {
  readonly state: "unavailable" | "downloadable" | "downloading" | "loading" | "ready" | "failed";
  /** 0 to 1 where it is known. */
  readonly progress: number | null;
  /** Why it cannot, or what it waits for. */
  readonly reason: string | null;
}

/** Progress of preparing, for a bar. */
export interface PrepareProgress {
  readonly phase: "engine" | "download" | "load";
  readonly done: number;
  readonly total: number | null;
}

/** A local engine as a client needs it; the umbrella package brings the real one. */
export interface LocalEngine {
  /** What would run here, or why nothing would. Plain JSON. */
  plan(): Promise<unknown>;
  status(): LocalStatus;
  /** Downloads and loads what is missing; safe to call twice at once. */
  prepare(options: {
    readonly onProgress?: (progress: PrepareProgress) => void;
    readonly signal?: AbortSignal;
  }): Promise<void>;
  /** The running server, or null while there is none. */
  target(): Target | null;
  /** Other engines that were found on this machine. The same object as long as nothing changed. */
  others?(): readonly Target[];
  /** Looks what runs here now; awaited before each request, so it must be quick where it has just looked. */
  look?(): Promise<void>;
}
