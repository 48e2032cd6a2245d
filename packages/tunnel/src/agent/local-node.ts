/** A request to the server beside the agent. */
export interface LocalRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Is told the answer: a head, pieces, and one of `end` and `failed`; nothing after that. */
export interface LocalListener {
  head(status: number, headers: Readonly<Record<string, string>>): void;
  data(bytes: Uint8Array): void;
  end(): void;
  failed(): void;
}

/** A request under way. */
export interface LocalExchange {
  pause(): void;
  resume(): void;
  /** Gives it up; the listener is told nothing more. */
  cancel(): void;
}

/** Sends to the server beside the agent, and nowhere else. */
export type LocalNode = (request: LocalRequest, listener: LocalListener) => LocalExchange;
