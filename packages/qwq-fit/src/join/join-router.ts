import { hostname } from "node:os";
import { QwqError } from "@qwq-fit/schema";
import { createHttpNode, enrol, startAgent } from "@qwq-fit/tunnel/node";
import type { AgentEvent, HttpNode, Membership, RunningAgent } from "@qwq-fit/tunnel/node";
import type { Teller } from "../local/teller.ts";
import { VERSION } from "../version.ts";
import { keepMembership, readMembership } from "./membership-file.ts";
import { createNodePower } from "./node-power.ts";

/** How a machine joins. */
export interface JoinWish {
  /** As `routerAddress` gives it. */
  readonly router: string;
  /** Null: with what was kept when it joined before. */
  readonly code: string | null;
  /** How the router shall call it; null: as the machine is called. */
  readonly name: string | null;
  readonly stateDir: string;
}

/** An agent that runs, and what it belongs to. */
export interface JoinedAgent {
  readonly membership: Membership;
  readonly agent: RunningAgent;
}

/**
 * Becomes a node of a router, or goes on being one.
 * @throws {QwqError} `usage` where it has never joined and has no code, `unauthorized`, `network`, `protocol_error`
 */
export async function membershipOf(wish: JoinWish): Promise<Membership> {
  const { router, code, name, stateDir } = wish;
  const known = await readMembership(stateDir, router);
  if (code === null && known !== null) return known;
  if (code === null) {
    throw new QwqError("usage", `this machine has not joined ${router}`, {
      hint: `Ask for a code there (qwq-fit nodes invite), then: qwq-fit join ${router} --code CODE`,
    });
  }
  const membership = await enrol(router, code, name ?? hostname().replace(/\.local$/u, ""));
  await keepMembership(stateDir, membership);
  return membership;
}

/** Serves a router's requests from a server on this machine; tells what happens. */
export function serveRouterFrom(
  membership: Membership,
  local: { readonly baseUrl: string; readonly apiKey: string | null },
  teller: Teller,
): JoinedAgent {
  const node: HttpNode = createHttpNode(local);
  const { router, name } = membership;
  const tell = (event: AgentEvent): void => {
    switch (event.event) {
      case "connected":
        return teller.event("joined", { router, name }, `${name} is a node of ${router}.`);
      case "disconnected": {
        const { reason, retryMs } = event;
        const text = `${router}: ${reason}; dialling again.`;
        return teller.event("disconnected", { router, reason, retryMs }, text);
      }
      case "local": {
        const { serves } = event;
        const { baseUrl } = local;
        const text = serves ? null : `The server at ${baseUrl} does not answer.`;
        return teller.event("local", { url: baseUrl, serves }, text);
      }
      default:
        return teller.event("left", { router }, `Left ${router}.`);
    }
  };
  const power = createNodePower();
  const agent = startAgent({ membership, node, version: VERSION, power, onEvent: tell });
  void agent.ended.catch(() => undefined).finally(() => node.close());
  return { membership, agent };
}
