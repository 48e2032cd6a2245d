import { createSageMaker, type SageMakerInput, type SageMakerPorts } from "@qwq-fit/sagemaker";
import type { KnownKey } from "./sigv4.ts";

/** The key that tests sign with: AWS's own example. */
export const KEY: KnownKey = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};

/** The key as secrets by name. */
export const secretsOf = (key: KnownKey): Readonly<Record<string, string>> => ({
  AWS_ACCESS_KEY_ID: key.accessKeyId,
  AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
  ...(key.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: key.sessionToken }),
});

/** Ports over real fetch, clock and timers. */
export function sageMakerPorts(
  key: KnownKey = KEY,
  more: Partial<SageMakerPorts> = {},
): SageMakerPorts {
  const secrets = secretsOf(key);
  let ids = 0;
  return {
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    timer: (ms, run) => {
      const timer = setTimeout(run, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
    secret: (name) => secrets[name],
    id: () => `id-${ids++}`,
    ...more,
  };
}

/** A chat request to one endpoint, without a relay around it. */
export function asker(
  url: string,
  input: Partial<SageMakerInput> = {},
  ports: SageMakerPorts = sageMakerPorts(),
): (
  body?: object,
  signal?: AbortSignal,
  headers?: Readonly<Record<string, string>>,
) => Promise<Response> {
  const transport = createSageMaker(ports).transport({
    endpoint: "qwq-32b",
    region: "us-east-1",
    url,
    ...input,
  });
  return (body = {}, signal = new AbortController().signal, headers = {}) =>
    transport({
      path: "/chat/completions",
      body: JSON.stringify({
        model: "qwq",
        stream: true,
        messages: [{ role: "user", content: "hi" }],
        ...body,
      }),
      headers,
      signal,
    });
}
