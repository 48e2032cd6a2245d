/** What one asker met. */
export interface Asked {
  readonly firstMs: number;
  readonly totalMs: number;
  readonly tokens: number;
}

/**
 * Ms of a request that the engine refuses because its prompt is longer than the context: the way there and back through
 * the server and its engine's process, without any computing.
 */
export async function askRefused(url: string, promptTokens: number): Promise<number> {
  const startMs = performance.now();
  const response = await fetch(`${url}/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "any", prompt: Array.from({ length: promptTokens }, () => 300) }),
  });
  const text = await response.text();
  if (!text.includes("context")) throw new Error(`not refused: ${response.status} ${text}`);
  return performance.now() - startMs;
}

/** Ids that every vocabulary of ours has, behind its bytes. */
const FIRST_ID = 300;
const IDS = 4000;

/**
 * One streamed completion of a prompt that no other begins like, of exactly so many tokens. Null where the server turned
 * it away; throws where it failed.
 */
export async function askCompletion(
  url: string,
  { promptTokens, outputTokens }: { readonly promptTokens: number; readonly outputTokens: number },
  salt: number,
): Promise<Asked | null> {
  const prompt = Array.from(
    { length: promptTokens },
    (_, i) => FIRST_ID + ((i * 7 + salt * 13) % IDS),
  );
  // The first two ids tell askers apart, so that no prefix is reused.
  prompt[0] = FIRST_ID + (salt % IDS);
  if (promptTokens > 1) prompt[1] = FIRST_ID + (Math.floor(salt / IDS) % IDS);
  const startMs = performance.now();
  const response = await fetch(`${url}/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "any",
      prompt,
      max_tokens: outputTokens,
      temperature: 0,
      logit_bias: { [FIRST_ID + 5]: 100 },
      stream: true,
      stream_options: { include_usage: true },
    }),
  });
  if (response.status === 503 || response.status === 429) {
    await response.text();
    return null;
  }
  if (!response.ok || response.body === null) {
    throw new Error(`${response.status}: ${await response.text()}`);
  }
  const decoder = new TextDecoder();
  let firstMs = Number.NaN;
  let text = "";
  for await (const chunk of response.body) {
    const part = decoder.decode(chunk, { stream: true });
    text += part;
    if (Number.isNaN(firstMs) && /"text":"[^"]/u.test(text)) firstMs = performance.now() - startMs;
  }
  const totalMs = performance.now() - startMs;
  const tokens = Number(/"completion_tokens":(\d+)/u.exec(text)?.[1] ?? 0);
  if (!text.includes("[DONE]")) throw new Error("the stream was cut");
  return { firstMs, totalMs, tokens };
}
