import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { enrol } from "@qwq-fit/tunnel/node";
import { inviteTo } from "../../support/tunnel-fleet.ts";

/** An agent that is started again whenever it ends, as a service manager would. */
export interface AgentProcess {
  /** The node's, at the router. */
  readonly id: string;
  /** Resolves when it has connected, since it was started last. */
  connected(): Promise<void>;
  kill(): void;
  /** Stops it where it stands: its sockets stay open, and nobody is behind them. */
  freeze(): void;
  thaw(): void;
  readonly frozen: boolean;
  close(): Promise<void>;
}

/** Joins a router with a server, by an agent of its own. */
export async function startAgentProcess(
  router: string,
  baseUrl: string,
  name: string,
): Promise<AgentProcess> {
  const joined = await enrol(router, await inviteTo(router), name);
  const membership = JSON.stringify(joined);
  const program = join(import.meta.dirname, "agent-child.ts");
  let closing = false;
  let frozen = false;
  let child: ChildProcess;
  let ended: Promise<void> = Promise.resolve();
  let up: Promise<void> = Promise.resolve();
  const start = (): void => {
    const made = spawn(process.execPath, ["--no-warnings", program, membership, baseUrl], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child = made;
    frozen = false;
    up = new Promise((resolve) => {
      createInterface({ input: made.stdout }).on("line", (line) => {
        if (line.includes('"connected"')) resolve();
      });
    });
    ended = new Promise((resolve) => {
      made.once("exit", () => {
        if (!closing) start();
        resolve();
      });
    });
  };
  start();
  const thaw = (): void => {
    if (frozen) child.kill("SIGCONT");
    frozen = false;
  };
  return {
    id: joined.id,
    connected: () => up,
    kill: () => void child.kill("SIGKILL"),
    freeze: () => {
      frozen = child.kill("SIGSTOP");
    },
    thaw,
    get frozen() {
      return frozen;
    },
    close: async () => {
      closing = true;
      child.kill("SIGKILL");
      await ended;
    },
  };
}
