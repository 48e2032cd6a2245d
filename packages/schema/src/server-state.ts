/** What a running local server leaves in `servers/<id>.json` (mode 0600) of the user's state directory. */
export interface ServerState {
  readonly schemaVersion: 1;
  readonly id: string;
  readonly model: string;
  /** "http://127.0.0.1:PORT/v1". */
  readonly baseUrl: string;
  /** For management, and the server's proof to a client that it is ours. */
  readonly token: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly planId: string;
}
