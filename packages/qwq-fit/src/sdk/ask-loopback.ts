/** How long a program on this machine may take to tell what it is, ms. */
const ANSWER_MS = 1000;
/** More than any list of models takes. */
const MOST_CHARACTERS = 4_000_000;

/** The JSON at an address of this machine; undefined where nothing answers, or no JSON. */
export async function askLoopback(url: string, token?: string): Promise<unknown> {
  try {
    const response = await fetch(url, {
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    });
    if (!response.ok) return undefined;
    const length = Number(response.headers.get("content-length") ?? 0);
    if (length > MOST_CHARACTERS) return undefined;
    return JSON.parse(await response.text());
  } catch {
    return undefined;
  }
}
