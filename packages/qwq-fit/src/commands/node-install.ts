import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { planFit } from "@qwq-fit/planner";
import { QwqError } from "@qwq-fit/schema";
import type { FitPlan, HardwareProfile, ModelProfile } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { confirmHere } from "../deploy/confirm.ts";
import { loadInfra } from "../deploy/load-infra.ts";
import { runProgram } from "../deploy/run-program.ts";
import { repositoryOf } from "../deploy/sagemaker/deployment.ts";
import { EXIT } from "../exit-code.ts";
import { probeHardware } from "../hardware/probe-hardware.ts";
import { readHardware } from "../hardware/read-hardware.ts";
import { DEFAULT_MODEL } from "../model/find-model.ts";
import { findAndReadModel } from "../model/read-model.ts";
import { findProgram } from "../node-install/find-program.ts";
import { installNode } from "../node-install/install-node.ts";
import { TARGET_RULES } from "../node-install/node-target.ts";
import type { NodeTarget } from "../node-install/node-target.ts";
import { renderNode } from "../node-install/render-node.ts";
import type { RenderedNode } from "../node-install/rendered-node.ts";
import type { NodeInstallOptions } from "../options/node-install-options.ts";
import { commandText, drawNodeInstall } from "../view/node-install-view.ts";
import { planOptionsOf, workloadOf } from "./workload-options.ts";

/** The plan that a target is made of. @throws {QwqError} `does_not_fit` with a machine that shows the target. */
async function planFor(
  target: NodeTarget,
  options: NodeInstallOptions,
  io: CommandIo,
): Promise<{ plan: FitPlan; model: ModelProfile; hardware: HardwareProfile }> {
  const catalog = await loadCatalog(io.environment);
  const [hardware, { profile: model }, planOptions] = await Promise.all([
    options.hardware === undefined
      ? probeHardware({ catalog })
      : readHardware(options.hardware, catalog),
    findAndReadModel(options.model ?? DEFAULT_MODEL, { catalog, environment: io.environment }),
    planOptionsOf(options, catalog),
  ]);
  const { engines, backend, severalHosts, about, example } = TARGET_RULES[target];
  const answer = planFit(model, hardware, workloadOf(options), {
    ...planOptions,
    engines,
    onlyAskedContext: true,
  });
  const plans = [...(answer.choice === null ? [] : [answer.choice]), ...answer.plans];
  const plan = plans.find(
    (one) => (backend === null || one.backend === backend) && one.hosts.length > 1 === severalHosts,
  );
  if (plan === undefined) {
    throw new QwqError("does_not_fit", `no plan for ${target} (${about}) on ${hardware.label}`, {
      hint: `--hardware names another machine, such as --hardware "${example}".`,
    });
  }
  return { plan, model, hardware };
}

async function render(
  target: NodeTarget,
  options: NodeInstallOptions,
  io: CommandIo,
): Promise<{ plan: FitPlan; rendered: RenderedNode; hosts: readonly string[] }> {
  const { plan, model } = await planFor(target, options, io);
  const count = plan.hosts.length;
  const hosts = options.hosts ?? Array.from({ length: count }, (_, index) => `node${index + 1}`);
  if (hosts.length !== count) {
    throw new QwqError("usage", `the plan is for ${count} machines, --hosts names ${hosts.length}`);
  }
  const mac = target === "launchd" || target === "rpc";
  const user = options.user ?? io.environment["SUDO_USER"] ?? userInfo().username;
  const here = options.hardware === undefined && count === 1;
  const rendered = await renderNode(target, {
    plan,
    repository: options.repository ?? repositoryOf(plan, model),
    template: (name) => loadInfra(`nodes/templates/${name}`),
    find: (program) =>
      findProgram(program, {
        here,
        path: io.environment["PATH"],
        node: process.execPath,
        script: process.argv[1],
        usual: mac ? "/opt/homebrew/bin" : "/usr/local/bin",
      }),
    hosts,
    user,
    home: mac && (!here || process.platform !== "darwin") ? `/Users/${user}` : homedir(),
  });
  return { plan, rendered, hosts };
}

/** `qwq-fit node install`: makes this machine a node, from its plan, after asking. */
export async function nodeInstall(options: NodeInstallOptions, io: CommandIo): Promise<number> {
  const target = options.target ?? (process.platform === "darwin" ? "launchd" : "systemd");
  const { plan, rendered, hosts } = await render(target, options, io);
  const shown = drawNodeInstall(rendered, hosts);
  if (options.dryRun === true) {
    const value = {
      schemaVersion: 1,
      dryRun: true,
      target,
      hosts,
      plan: { ...plan, explanations: [] },
      ...rendered,
    };
    io.out(options.json === true ? `${JSON.stringify(value)}\n` : `${shown}Nothing was done.\n`);
    return EXIT.fits;
  }
  if (options.output === undefined && hosts.length > 1 && options.hosts === undefined) {
    throw new QwqError("usage", `${target} needs the addresses of ${hosts.length} machines`, {
      hint: "Pass --hosts, the machine that answers first; or --dry-run.",
    });
  }
  if (options.json !== true) io.note(shown);
  const { output } = options;
  const place = output === undefined ? "this machine" : output;
  const confirm = confirmHere(options.confirm, options.json === true);
  if (!(await confirm(`Install ${target} on ${place}?`, target))) {
    io.note("Nothing was done.\n");
    return EXIT.fault;
  }
  const written: string[] = [];
  const tools = {
    place: ({ host, path }: { host: number; path: string }): string =>
      output === undefined ? path : join(output, hosts[host] ?? "", path),
    run: (command: RenderedNode["commands"][number]): Promise<void> => {
      io.note(`${commandText(command)}\n`);
      return runProgram(command.program, command.arguments, {
        environment: io.environment,
        cwd: process.cwd(),
      });
    },
    say: (text: string) => {
      written.push(text.replace(/^Wrote /u, ""));
      io.note(`${text}\n`);
    },
  };
  if (output === undefined) await installNode(rendered, options.hostIndex, tools);
  else
    for (const host of hosts.keys()) await installNode({ ...rendered, commands: [] }, host, tools);
  const { baseUrl } = rendered;
  const done =
    output === undefined
      ? `Installed. It answers at ${baseUrl} when its model is loaded.`
      : "Written; nothing was run.";
  io.out(
    options.json === true
      ? `${JSON.stringify({ event: "installed", target, baseUrl, written, ran: output === undefined })}\n`
      : `${done}\n`,
  );
  return EXIT.fits;
}
