import { planFit } from "@qwq-fit/planner";
import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { loadSpeedCoefficients } from "../catalog/load-speed-coefficients.ts";
import { loadInfra } from "../deploy/load-infra.ts";
import { readHardware } from "../hardware/read-hardware.ts";
import { readModel } from "../model/read-model.ts";
import { NODE_TARGETS, TARGET_RULES } from "./node-target.ts";
import type { NodeTarget } from "./node-target.ts";
import { renderNode } from "./render-node.ts";
import type { RenderContext, RenderedNode } from "./rendered-node.ts";

/** What must survive each file's quoting. */
export const NASTY: string = `a "b" 'c' $HOME \${X} %h \\n <&> {{x}} #;`;

/** A target as it is rendered for the machine that shows it. */
export interface ExampleNode {
  readonly node: RenderedNode;
  readonly context: RenderContext;
}

/** Every target, rendered from a real plan for QwQ-32B. */
export async function renderExamples(): Promise<ReadonlyMap<NodeTarget, ExampleNode>> {
  const catalog = await loadCatalog({});
  const model = await readModel("Qwen/QwQ-32B", { catalog, environment: {} });
  const coefficients = await loadSpeedCoefficients();
  const rendered = new Map<NodeTarget, ExampleNode>();
  for (const target of NODE_TARGETS) {
    const { engines, example, severalHosts } = TARGET_RULES[target];
    const hardware = await readHardware(example, catalog);
    const options = { engines, coefficients, onlyAskedContext: true };
    const { plans } = planFit(model, hardware, DEFAULT_WORKLOAD, options);
    const plan = plans.find(({ hosts }) => hosts.length > 1 === severalHosts);
    if (plan === undefined || plan.startCommand === null) throw new Error(`${target}: no plan`);
    const startCommand = { ...plan.startCommand, environment: { NASTY } };
    const context: RenderContext = {
      plan: { ...plan, startCommand },
      repository: "Qwen/QwQ-32B-AWQ",
      template: (name) => loadInfra(`nodes/templates/${name}`),
      // a program that is there: the checkers look for it
      find: () => [process.execPath],
      hosts: plan.hosts.map((_, index) => `10.0.0.${index + 1}`),
      user: "ann",
      home: "/Users/ann",
    };
    rendered.set(target, { node: await renderNode(target, context), context });
  }
  return rendered;
}
