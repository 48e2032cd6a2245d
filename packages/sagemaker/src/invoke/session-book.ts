/** Sessions of a container by conversation: which instance holds a chat's cache. */
export interface SessionBook {
  /** The conversation's session; opened at its first turn, null where the container gives none. */
  sessionFor(conversation: string): Promise<string | null>;
  /** The session was refused: the next turn opens another. */
  forget(conversation: string): void;
}

/** Conversations that are remembered; the one that was silent for longest is dropped first. */
const MOST = 1000;
/** A session that says nothing of its end is used for this long. */
const LIFE_MS = 15 * 60_000;

/**
 * `open` asks for a session and gives the header's text: an id, and `Expires=` behind a semicolon
 * (`X-Amzn-SageMaker-New-Session-Id`). It may reject: a turn without its session only costs a prefill.
 */
export function createSessionBook(
  open: () => Promise<string | null>,
  now: () => number,
): SessionBook {
  const known = new Map<string, { readonly id: string; readonly endsMs: number }>();
  return {
    forget: (conversation) => void known.delete(conversation),
    sessionFor: async (conversation) => {
      const old = known.get(conversation);
      known.delete(conversation);
      if (old !== undefined && old.endsMs > now()) {
        known.set(conversation, old);
        return old.id;
      }
      const told = await open().catch(() => null);
      const [id = "", ...fields] = (told ?? "").split(";");
      // What AWS takes back: letters, digits and dashes, at most 256.
      if (!/^[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,255}$/u.test(id.trim())) return null;
      const expires = fields
        .map((one) => /^\s*Expires=(.+)$/iu.exec(one)?.[1])
        .find((one) => one !== undefined);
      const endsMs = Date.parse(expires ?? "");
      known.set(conversation, {
        id: id.trim(),
        endsMs: Number.isNaN(endsMs) ? now() + LIFE_MS : endsMs,
      });
      for (const first of known.keys()) {
        if (known.size <= MOST) break;
        known.delete(first);
      }
      return id.trim();
    },
  };
}
