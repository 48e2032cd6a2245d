import { comment, systemdAssignment, systemdWord } from "./quote.ts";
import { fillTemplate } from "./fill-template.ts";
import type { NodeCommand, NodeFile, RenderContext, RenderedNode } from "./rendered-node.ts";
import { portOf, withFlag, wordsOf } from "./rendered-node.ts";

/** A unit of systemd: a command with what it needs. */
export interface Unit {
  readonly host: number;
  readonly name: string;
  readonly about: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly after?: string;
  /** It computes on a device of the machine. */
  readonly device: boolean;
}

/** Models and caches of a unit without a home stand in its own folders (systemd.exec(5), StateDirectory=). */
const PLACES = {
  HOME: "/var/lib/qwq-fit",
  XDG_STATE_HOME: "/var/lib/qwq-fit",
  XDG_CACHE_HOME: "/var/cache/qwq-fit",
  HF_HOME: "/var/cache/qwq-fit/huggingface",
  LLAMA_CACHE: "/var/cache/qwq-fit/llama.cpp",
};

/** A unit's file. */
export async function unitFile(unit: Unit, { template }: RenderContext): Promise<NodeFile> {
  const underHome = unit.command.some((word) => /^\/(?:home|root)\//u.test(word));
  const text = fillTemplate(await template("node.service"), {
    description: comment(unit.about).replaceAll("%", "%%"),
    after: ["network-online.target", unit.after].filter((one) => one !== undefined).join(" "),
    // what it works with has its sockets in /tmp: the same user, the same private folder
    joins: unit.after === undefined ? "" : `JoinsNamespaceOf=${unit.after}`,
    command: unit.command.map(systemdWord).join(" "),
    environment: Object.entries({ ...PLACES, ...unit.environment })
      .map(([name, value]) => systemdAssignment(name, value))
      .join("\n"),
    groups: unit.device ? "SupplementaryGroups=render video" : "",
    protectHome: underHome ? "read-only" : "yes",
    privateDevices: unit.device ? "no" : "yes",
  });
  return { host: unit.host, path: `/etc/systemd/system/${unit.name}.service`, text, mode: 0o644 };
}

/** What loads units and starts them. */
export function unitCommands(host: number, names: readonly string[]): NodeCommand[] {
  const run = (about: string, ...words: string[]): NodeCommand => ({
    host,
    program: "systemctl",
    arguments: words,
    about,
  });
  return [
    run("reads the units", "daemon-reload"),
    ...names.map((name) =>
      run("starts it, now and at each boot", "enable", "--now", `${name}.service`),
    ),
  ];
}

/** One machine: the plan's own command as a hardened unit. */
export async function renderSystemd(context: RenderContext): Promise<RenderedNode> {
  const { plan, find } = context;
  const port = portOf(wordsOf(context), 8080);
  const words = withFlag(wordsOf(context), "--port", String(port));
  const program = plan.startCommand?.program ?? "qwq-fit";
  const yes = program === "qwq-fit" ? ["--yes"] : [];
  const unit: Unit = {
    host: 0,
    name: "qwq-fit-node",
    about: `qwq-fit: ${plan.model} ${plan.quantization} by ${plan.engine}`,
    command: [...find(program), ...words, ...yes],
    environment: plan.startCommand?.environment ?? {},
    device: plan.backend !== "cpu",
  };
  return {
    files: [await unitFile(unit, context)],
    commands: unitCommands(0, [unit.name]),
    baseUrl: `http://127.0.0.1:${port}/v1`,
    status: plan.status,
    notes: ["Keys stand in /etc/qwq-fit/node.env (QWQ_FIT_API_KEY=…), which only root reads."],
  };
}
