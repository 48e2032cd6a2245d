import type { SageMakerPorts } from "../ports.ts";
import type { AwsCredentials, CredentialSource } from "./credentials.ts";

/** Share of a life after which fresh credentials are fetched, while the old ones still serve. */
const REFRESH_SHARE = 0.8;
/** Credentials that end sooner than this are not used: a request must not outlive them before it is sent. */
const MARGIN_MS = 30_000;
/** Pause after a refresh that failed while the old ones still serve. */
const RETRY_MS = 10_000;
/**
 * How long one caller waits for another's fetch before it makes its own: in a Worker the other's request may have
 * ended, and its promise never settles.
 */
const SHARED_WAIT_MS = 5_000;

/** A fetch that is older is given up: the request that began it has ended without it. */
const DEAD_MS = 20_000;

/**
 * Keeps credentials until they near their end. One fetch at a time serves all who wait; a refresh begins at 80 % of a
 * life, behind the request that notices it, and its failure is no failure while the old ones live.
 */
export function cachedCredentials(
  fetchFresh: () => Promise<AwsCredentials>,
  ports: Pick<SageMakerPorts, "now" | "timer">,
): CredentialSource {
  let kept: { readonly credentials: AwsCredentials; readonly refreshMs: number } | null = null;
  let running: Promise<AwsCredentials> | null = null;
  let startedMs = 0;
  let retryMs = 0;

  const start = (): Promise<AwsCredentials> => {
    startedMs = ports.now();
    const work = fetchFresh().then(
      (credentials) => {
        const nowMs = ports.now();
        const { expiresMs } = credentials;
        const refreshMs =
          expiresMs === undefined ? Infinity : nowMs + (expiresMs - nowMs) * REFRESH_SHARE;
        kept = { credentials, refreshMs };
        if (running === work) running = null;
        return credentials;
      },
      (error: unknown) => {
        retryMs = ports.now() + RETRY_MS;
        if (running === work) running = null;
        throw error;
      },
    );
    running = work;
    return work;
  };
  const usable = (nowMs: number): AwsCredentials | null => {
    if (kept === null) return null;
    const { expiresMs } = kept.credentials;
    return expiresMs === undefined || expiresMs - nowMs > MARGIN_MS ? kept.credentials : null;
  };

  return {
    forget: () => {
      kept = null;
      running = null;
    },
    get: async () => {
      const nowMs = ports.now();
      if (nowMs - startedMs > DEAD_MS) running = null;
      const old = usable(nowMs);
      if (old !== null) {
        if (kept !== null && nowMs >= kept.refreshMs && running === null && nowMs >= retryMs) {
          start().catch(() => undefined);
        }
        return old;
      }
      if (running === null) return start();
      return orElse(running, start, ports);
    },
  };
}

/** Another's work, or one's own where that takes too long. */
function orElse(
  shared: Promise<AwsCredentials>,
  own: () => Promise<AwsCredentials>,
  ports: Pick<SageMakerPorts, "timer">,
): Promise<AwsCredentials> {
  return new Promise((resolve, reject) => {
    const cancel = ports.timer(SHARED_WAIT_MS, () => own().then(resolve, reject));
    shared.then(resolve, reject).finally(cancel);
  });
}
