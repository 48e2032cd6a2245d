import { fillTemplate } from "./fill-template.ts";
import { xmlText } from "./quote.ts";
import type { NodeCommand, NodeFile, RenderContext, RenderedNode } from "./rendered-node.ts";
import { portOf, withFlag, wordsOf } from "./rendered-node.ts";

/** launchd gives daemons none of the folders that Homebrew and Node install into. */
const PATH = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/** A daemon of launchd. */
export interface Daemon {
  readonly host: number;
  readonly label: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A daemon's property list: in /Library/LaunchDaemons, so that it starts without anybody who logs in. */
export async function daemonFile(
  { host, label, command, environment }: Daemon,
  { template, user, home }: RenderContext,
): Promise<NodeFile> {
  const text = fillTemplate(await template("node.plist"), {
    label: xmlText(label),
    arguments: command.map((word) => `      <string>${xmlText(word)}</string>`).join("\n"),
    environment: Object.entries({ HOME: home, PATH, ...environment })
      .map(
        ([name, value]) =>
          `      <key>${xmlText(name)}</key>\n      <string>${xmlText(value)}</string>`,
      )
      .join("\n"),
    user: xmlText(user),
    home: xmlText(home),
    log: xmlText(`${home}/Library/Logs/${label}.log`),
  });
  return { host, path: `/Library/LaunchDaemons/${label}.plist`, text, mode: 0o644 };
}

/**
 * A Mac that is a server: it does not sleep, starts again after power loss, wakes for the network (pmset(1)), and its
 * daemon runs.
 */
export function daemonCommands(host: number, label: string): NodeCommand[] {
  const run = (about: string, program: string, ...words: string[]): NodeCommand => ({
    host,
    program,
    arguments: words,
    about,
  });
  return [
    run(
      "no sleep; starts after power loss; wakes for the network",
      "pmset",
      "-a",
      "sleep",
      "0",
      "disksleep",
      "0",
      "autorestart",
      "1",
      "womp",
      "1",
    ),
    run(
      "starts it, now and at each boot",
      "launchctl",
      "bootstrap",
      "system",
      `/Library/LaunchDaemons/${label}.plist`,
    ),
  ];
}

/** What a person must know of a Mac as a server. */
export const MAC_NOTES = [
  "FileVault asks for a password at boot: with it on, the Mac does not come back by itself after power loss.",
  "The daemon runs as the account that installed it, whose models it uses.",
] as const;

/** One Mac: the plan's own command as a daemon. */
export async function renderLaunchd(context: RenderContext): Promise<RenderedNode> {
  const { plan, find } = context;
  const port = portOf(wordsOf(context), 8080);
  const words = withFlag(wordsOf(context), "--port", String(port));
  const program = plan.startCommand?.program ?? "qwq-fit";
  const label = "com.qwq-fit.node";
  const daemon: Daemon = {
    host: 0,
    label,
    command: [...find(program), ...words, ...(program === "qwq-fit" ? ["--yes"] : [])],
    environment: plan.startCommand?.environment ?? {},
  };
  return {
    files: [await daemonFile(daemon, context)],
    commands: daemonCommands(0, label),
    baseUrl: `http://127.0.0.1:${port}/v1`,
    status: plan.status,
    notes: MAC_NOTES,
  };
}
