import type { ClientOptions, Target } from "@qwq-fit/client";
import type { SageMakerInput, SageMakerTransport } from "@qwq-fit/sagemaker";

/** A SageMaker endpoint as the client's cloud. Credentials come from AWS's default chain where none are named. */
export interface SageMakerCloud extends SageMakerInput {
  readonly inputUsdPerMillionTokens?: number;
  readonly outputUsdPerMillionTokens?: number;
}

/** What SageMaker can be told of by one endpoint at once; its own queue says when that is too much. */
const SLOTS = 100;

/**
 * The endpoint as a target, reached by a transport that is loaded with the first request to it. Its text stays in the
 * endpoint's region.
 */
export function sageMakerTarget(
  { inputUsdPerMillionTokens, outputUsdPerMillionTokens, ...input }: SageMakerCloud,
  options: Pick<ClientOptions, "model" | "fetch">,
  environment: Readonly<Record<string, string | undefined>>,
): Target {
  let transport: SageMakerTransport | undefined;
  const load = async (): Promise<SageMakerTransport> => {
    const [{ createSageMaker }, { defaultCredentials }] = await Promise.all([
      import("@qwq-fit/sagemaker"),
      import("@qwq-fit/sagemaker/node"),
    ]);
    const sageMaker = createSageMaker({
      fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
      now: Date.now,
      timer: (ms, run) => {
        const timer = setTimeout(run, ms);
        timer.unref();
        return () => clearTimeout(timer);
      },
      secret: (name) => environment[name],
      id: () => globalThis.crypto.randomUUID(),
      defaultCredentials: defaultCredentials(),
    });
    return sageMaker.transport(input);
  };
  const price = {
    inputUsdPerMillionTokens: inputUsdPerMillionTokens ?? null,
    outputUsdPerMillionTokens: outputUsdPerMillionTokens ?? null,
  };
  const priced = inputUsdPerMillionTokens !== undefined || outputUsdPerMillionTokens !== undefined;
  return {
    name: "sagemaker",
    engine: "sagemaker",
    baseUrl: `sagemaker:${input.endpoint}@${input.region}`,
    privacy: "region",
    region: input.region,
    slots: SLOTS,
    capabilities: { apis: ["chat"], embeddings: false },
    ...(priced ? { models: [{ id: options.model, ...price }] } : {}),
    transport: async (request) => {
      transport ??= await load();
      return transport(request);
    },
  };
}
