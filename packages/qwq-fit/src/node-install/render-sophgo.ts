import { composeValue } from "./quote.ts";
import type { RenderContext, RenderedNode } from "./rendered-node.ts";
import { unitCommands, unitFile } from "./render-systemd.ts";

const FOLDER = "/opt/sophon-demo/sample/Qwen";
const PORT = 18_080;

/**
 * Sophgo's sample server (sophgo/sophon-demo @c7c94bb sample/Qwen/python/openai_api_server.py, port 18080, models in
 * config/api.yaml). Unverified: nobody of us has such a card, and the sample serves models of one chip.
 */
export async function renderSophgo(context: RenderContext): Promise<RenderedNode> {
  const { plan, find } = context;
  const url = plan.startCommand?.arguments.find((word) => word.startsWith("--url=")) ?? "";
  const bmodel = url.split("/").at(-1) ?? "model.bmodel";
  const config = [
    "# UNVERIFIED: fields as in sophgo/sophon-demo @c7c94bb sample/Qwen/config/api.yaml",
    "models:",
    `  - name: ${composeValue(plan.model)}`,
    `    bmodel_path: ${composeValue(`${FOLDER}/models/${bmodel}`)}`,
    `    token_path: ${composeValue(`${FOLDER}/token_config`)}`,
    `    dev_id: ${plan.tensorParallel === 1 ? "0" : composeValue(Array.from({ length: plan.tensorParallel }, (_, index) => index))}`,
    `port: ${PORT}`,
    "",
  ].join("\n");
  const unit = {
    host: 0,
    name: "qwq-fit-node",
    about: `qwq-fit: ${plan.model} by Sophgo's sample server (unverified)`,
    command: [
      ...find("python3"),
      `${FOLDER}/python/openai_api_server.py`,
      "--config",
      "/etc/qwq-fit/sophon-api.yaml",
    ],
    environment: {},
    device: true,
  };
  return {
    files: [
      { host: 0, path: "/etc/qwq-fit/sophon-api.yaml", text: config, mode: 0o644 },
      await unitFile(unit, context),
    ],
    commands: [
      {
        host: 0,
        program: plan.startCommand?.program ?? "python3",
        arguments: plan.startCommand?.arguments ?? [],
        about: `fetches ${bmodel} into the current folder; move it to ${FOLDER}/models`,
      },
      ...unitCommands(0, [unit.name]),
    ],
    baseUrl: `http://127.0.0.1:${PORT}/v1`,
    status: "unverified",
    notes: [
      "UNVERIFIED: Sophgo's sample server is for models of one chip; QwQ-32B on several needs a server around LLM-TPU's python_demo_parallel, which nobody publishes.",
      "sophon-demo must be installed in /opt/sophon-demo, with its driver and tpu_perf.",
    ],
  };
}
