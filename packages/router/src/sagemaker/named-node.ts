/** A node of the configuration, as a command line names it. */
export interface NamedSageMakerNode {
  readonly name: string;
  readonly kind: "sagemaker";
  readonly endpoint: string;
  readonly region: string;
  readonly transport: "openai" | "invoke";
  readonly inferenceComponent?: string;
}

/**
 * "sagemaker:ENDPOINT@REGION", with an inference component as "sagemaker:ENDPOINT/COMPONENT@REGION", and by
 * InvokeEndpoint as "sagemaker+invoke:…". Null for anything else.
 */
export function readSageMakerAddress(name: string, address: string): NamedSageMakerNode | null {
  const found = /^sagemaker(\+invoke)?:([\w-]+)(?:\/([\w-]+))?@([a-z0-9-]+)$/.exec(address);
  if (found === null) return null;
  const [, invoke, endpoint = "", component, region = ""] = found;
  return {
    name,
    kind: "sagemaker",
    endpoint,
    region,
    transport: invoke === undefined ? "openai" : "invoke",
    ...(component === undefined ? {} : { inferenceComponent: component }),
  };
}
