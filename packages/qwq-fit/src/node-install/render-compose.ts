import type { EvidenceStatus } from "@qwq-fit/schema";
import { fillTemplate } from "./fill-template.ts";
import type { NodeTarget } from "./node-target.ts";
import { comment, composeValue } from "./quote.ts";
import type { RenderContext, RenderedNode } from "./rendered-node.ts";
import { portOf, withFlag, wordsOf } from "./rendered-node.ts";

/** How a container runs a plan. */
interface ContainerRule {
  readonly template: string;
  readonly image: string;
  /** Where the image was read. No registry could be asked: none is verified. */
  readonly source: string;
  readonly entrypoint: readonly string[] | null;
  /** The folder that keeps what it fetches. */
  readonly cache: string;
  /** Its health route and how it is asked. */
  readonly health: string;
  /** Device files for `n` devices, or their number. */
  readonly devices: ((count: number) => unknown) | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

const HUGGING_FACE = "/root/.cache/huggingface";
const LLAMA_CACHE = "/root/.cache/llama.cpp";
const davinci = (count: number): string[] => [
  ...Array.from({ length: count }, (_, index) => `/dev/davinci${index}`),
  "/dev/davinci_manager",
  "/dev/devmm_svm",
  "/dev/hisi_hdc",
];

/** Which container each target is. */
export const CONTAINER_RULES: Readonly<Partial<Record<NodeTarget, ContainerRule>>> = {
  "compose-nvidia": {
    template: "compose-nvidia.yaml",
    image: "vllm/vllm-openai:v0.22.0",
    source: "docs.vllm.ai, deployment with Docker",
    entrypoint: ["vllm"],
    cache: HUGGING_FACE,
    health: "/health",
    devices: (count) => count,
    environment: {},
    notes: ["The NVIDIA Container Toolkit must be installed."],
  },
  "compose-amd": {
    template: "compose-amd.yaml",
    image: "rocm/vllm:latest",
    source: "rocm.docs.amd.com, vLLM inference; pin the tag that suits your card",
    entrypoint: ["vllm"],
    cache: HUGGING_FACE,
    health: "/health",
    devices: null,
    environment: {},
    notes: ["The amdgpu driver must be installed; another tag suits another card."],
  },
  ascend: {
    template: "compose-ascend.yaml",
    image: "quay.io/ascend/vllm-ascend:v0.22.0",
    source: "vllm-project/vllm-ascend @182b75e, quay.io/ascend/vllm-ascend:<version>",
    entrypoint: ["vllm"],
    cache: HUGGING_FACE,
    health: "/health",
    devices: davinci,
    environment: {},
    notes: [
      "Ascend driver and firmware must be installed on the host.",
      "W8A8 plans need weights of that kind: name them with --repository.",
    ],
  },
  cann: {
    template: "compose-ascend.yaml",
    image: "llama-cpp-cann:local",
    source: "llama.cpp v0.5.0 .devops/cann.Dockerfile",
    entrypoint: ["/app/llama-server"],
    cache: LLAMA_CACHE,
    health: "/health",
    devices: davinci,
    environment: { LLAMA_CACHE },
    notes: [
      "The image is built by hand: docker build -t llama-cpp-cann:local --target server -f .devops/cann.Dockerfile . in llama.cpp.",
    ],
  },
  musa: {
    template: "compose-musa.yaml",
    image: "ghcr.io/ggml-org/llama.cpp:server-musa",
    source: "llama.cpp v0.5.0 docs/docker.md",
    entrypoint: null,
    cache: LLAMA_CACHE,
    health: "/health",
    devices: null,
    environment: { LLAMA_CACHE, MTHREADS_VISIBLE_DEVICES: "all" },
    notes: ["Moore Threads' container toolkit must be installed (runtime mthreads)."],
  },
  biren: {
    template: "compose-devices.yaml",
    image: "birensupa-smartinfer-sglang:26.04",
    source: "name of the image only; no public documentation was found",
    entrypoint: null,
    cache: HUGGING_FACE,
    health: "/v1/models",
    devices: () => ["/dev/biren-m", "/dev/biren"],
    environment: { BIREN_VISIBLE_DEVICES: "all" },
    notes: [
      "Nothing of this was tried: image, registry and config.json come from Biren's support.",
    ],
  },
};

const worse = (status: EvidenceStatus): EvidenceStatus =>
  status === "run" ? "documented" : status;

/** One machine: the plan's engine in its vendor's container, behind loopback. */
export async function renderCompose(
  target: NodeTarget,
  context: RenderContext,
): Promise<RenderedNode> {
  const { plan, template } = context;
  const container = CONTAINER_RULES[target];
  if (container === undefined) throw new RangeError(`${target} is no container`);
  const port = portOf(wordsOf(context), 8000);
  const llama = plan.engine === "llama-server";
  const program = plan.startCommand?.program ?? "";
  const own = target === "biren";
  const words = own
    ? [program, ...wordsOf(context)]
    : withFlag(wordsOf(context), "--host", "0.0.0.0");
  const status = own ? "unverified" : worse(plan.status);
  const probe = `import urllib.request as u; u.urlopen('http://127.0.0.1:${port}${container.health}', timeout=9)`;
  const health = llama
    ? ["CMD", "curl", "--fail", "--silent", `http://127.0.0.1:${port}${container.health}`]
    : ["CMD", "python3", "-c", probe];
  const values: Record<string, string> = {
    description: comment(
      `${plan.model}, ${plan.quantization}, ${plan.contextTokens} tokens of context × ${plan.sequences}`,
    ),
    status: comment(
      `${status === "unverified" ? "UNVERIFIED: nobody of us has run this. " : ""}The image's tag could not be looked up. From: ${container.source}`,
    ),
    image: composeValue(container.image),
    environment: composeValue({ ...container.environment, ...plan.startCommand?.environment }),
    entrypoint: composeValue(container.entrypoint),
    command: composeValue(words),
    ports: composeValue(`127.0.0.1:${port}:${port}`),
    cache: container.cache,
    health: composeValue(health),
  };
  if (container.devices !== null)
    values["devices"] = composeValue(container.devices(plan.tensorParallel));
  const path = "/etc/qwq-fit/compose.yaml";
  const file = {
    host: 0,
    path,
    text: fillTemplate(await template(container.template), values),
    mode: 0o600,
  };
  return {
    files: [file],
    commands: [
      {
        host: 0,
        program: "docker",
        arguments: ["compose", "--file", path, "up", "--detach"],
        about: "fetches the image and starts it, now and at each boot",
      },
    ],
    baseUrl: `http://127.0.0.1:${port}/v1`,
    status,
    notes: ["The image's tag could not be looked up here: unverified.", ...container.notes],
  };
}
