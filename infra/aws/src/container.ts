/** Serving containers that an endpoint can be made of: AWS's vLLM image is the default. */
export const CONTAINERS = ["vllm", "lmi", "sglang"] as const;

/** See {@link CONTAINERS}. */
export type Container = (typeof CONTAINERS)[number];
