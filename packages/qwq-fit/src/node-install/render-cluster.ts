import type { RenderContext, RenderedNode } from "./rendered-node.ts";
import { portOf, withFlag, wordsOf } from "./rendered-node.ts";
import { MAC_NOTES, daemonCommands, daemonFile } from "./render-launchd.ts";
import { unitCommands, unitFile } from "./render-systemd.ts";
import type { Unit } from "./render-systemd.ts";

/** Ray's usual port (docs.ray.io, ray start). */
const RAY_PORT = 6379;
/** The port at which SGLang's machines meet (docs.sglang.ai, multi-node). */
const SGLANG_PORT = 5000;
/** ggml-rpc-server's usual port (llama.cpp v0.5.0 tools/rpc/README.md). */
const RPC_PORT = 50_052;

const OPEN =
  "What the machines say to each other is neither signed nor encrypted: only on a network of their own, closed to others.";

/** The machines beside the first. */
const othersOf = ({ hosts }: RenderContext): { host: number; address: string }[] =>
  hosts.map((address, host) => ({ host, address })).slice(1);

/** vLLM with Ray: the first machine is Ray's head and answers, the others lend their devices. */
export async function renderRay(context: RenderContext): Promise<RenderedNode> {
  const { plan, find, hosts } = context;
  const [head = ""] = hosts;
  const environment = plan.startCommand?.environment ?? {};
  const ray = (host: number, address: string): Unit => ({
    host,
    name: "qwq-fit-ray",
    about: `qwq-fit: Ray, machine ${host + 1} of ${hosts.length}`,
    command: [
      ...find("ray"),
      "start",
      "--block",
      ...(host === 0 ? ["--head", `--port=${RAY_PORT}`] : [`--address=${head}:${RAY_PORT}`]),
      `--node-ip-address=${address}`,
      "--disable-usage-stats",
    ],
    // vLLM asks for the address that its machine is known by (docs.vllm.ai, multi-node serving)
    environment: { ...environment, VLLM_HOST_IP: address },
    device: true,
  });
  const server: Unit = {
    host: 0,
    name: "qwq-fit-node",
    about: `qwq-fit: ${plan.model} ${plan.quantization} by vLLM over ${hosts.length} machines`,
    command: [...find("vllm"), ...wordsOf(context)],
    environment: { ...environment, VLLM_HOST_IP: head, RAY_ADDRESS: `${head}:${RAY_PORT}` },
    after: "qwq-fit-ray.service",
    device: true,
  };
  const units = [
    ray(0, head),
    server,
    ...othersOf(context).map(({ host, address }) => ray(host, address)),
  ];
  return {
    files: await Promise.all(units.map((unit) => unitFile(unit, context))),
    commands: hosts.flatMap((_, host) =>
      unitCommands(
        host,
        units.filter((unit) => unit.host === host).map(({ name }) => name),
      ),
    ),
    baseUrl: `http://127.0.0.1:${portOf(wordsOf(context), 8000)}/v1`,
    status: plan.status === "run" ? "documented" : plan.status,
    notes: [OPEN, "vLLM and Ray of the same versions must be installed on all machines."],
  };
}

/** SGLang: the same command on each machine, with its rank. */
export async function renderSglang(context: RenderContext): Promise<RenderedNode> {
  const { plan, find, hosts } = context;
  const [head = ""] = hosts;
  const words = withFlag(
    withFlag(wordsOf(context), "--dist-init-addr", `${head}:${SGLANG_PORT}`),
    // each machine holds a part of the layers (docs.sglang.ai, server arguments, pipeline parallelism)
    "--pipeline-parallel-size",
    String(hosts.length),
  );
  const units = hosts.map((_, host): Unit => ({
    host,
    name: "qwq-fit-node",
    about: `qwq-fit: ${plan.model} by SGLang, machine ${host + 1} of ${hosts.length}`,
    command: [
      ...find(plan.startCommand?.program ?? "python3"),
      ...withFlag(words, "--node-rank", String(host)),
    ],
    environment: plan.startCommand?.environment ?? {},
    device: true,
  }));
  return {
    files: await Promise.all(units.map((unit) => unitFile(unit, context))),
    commands: units.flatMap(({ host, name }) => unitCommands(host, [name])),
    baseUrl: `http://127.0.0.1:${portOf(words, 30_000)}/v1`,
    status: plan.status === "run" ? "documented" : plan.status,
    notes: [OPEN, "SGLang of the same version must be installed on all machines."],
  };
}

/** llama.cpp: the first Mac answers and gives layers to `ggml-rpc-server` on the others, equal shares on equal machines. */
export async function renderRpc(context: RenderContext): Promise<RenderedNode> {
  const { plan, find, hosts } = context;
  const others = othersOf(context);
  const words = withFlag(
    withFlag(
      wordsOf(context),
      "--rpc",
      others.map(({ address }) => `${address}:${RPC_PORT}`).join(","),
    ),
    "--tensor-split",
    hosts.map(() => "1").join(","),
  );
  const first = {
    host: 0,
    label: "com.qwq-fit.node",
    command: [...find("llama-server"), ...words],
    environment: plan.startCommand?.environment ?? {},
  };
  const helpers = others.map(({ host, address }) => ({
    host,
    label: "com.qwq-fit.rpc",
    // -c keeps large tensors, so that they are sent once (tools/rpc/README.md, local cache)
    command: [...find("ggml-rpc-server"), "--host", address, "--port", String(RPC_PORT), "-c"],
    environment: {},
  }));
  const daemons = [...helpers, first];
  return {
    files: await Promise.all(daemons.map((daemon) => daemonFile(daemon, context))),
    commands: daemons.flatMap(({ host, label }) => daemonCommands(host, label)),
    baseUrl: `http://127.0.0.1:${portOf(words, 8080)}/v1`,
    status: plan.status === "run" ? "documented" : plan.status,
    notes: [
      OPEN,
      "llama.cpp calls its RPC fragile and insecure; build it on all machines from one version with -DGGML_RPC=ON.",
      ...MAC_NOTES,
    ],
  };
}
