import { homedir } from "node:os";
import type { Target } from "@qwq-fit/client";
import { defaultStateDir } from "@qwq-fit/engine";
import type { MdnsPort } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";
import { isServedAs } from "../sdk/served-name.ts";
import { findPaired } from "./find-paired.ts";
import { keepPaired, readPaired } from "./paired-file.ts";
import type { PairedNode } from "./paired-file.ts";

/** Which paired servers are meant, and how they are found. */
export interface LanOptions {
  /** Where `qwq-fit pair` kept them. @default the user's own folder, or QWQ_FIT_STATE_DIR */
  readonly stateDir?: string;
  /** The name that requests call the model by. @default the server's own */
  readonly model?: string;
  /** How the house is asked. @default mDNS */
  readonly openMdns?: () => Promise<MdnsPort | null>;
}

/**
 * The servers in this house that this machine was paired with, as targets. Each request first has the server prove its
 * key: where it does not at its last address, its announced id is looked for, and the key goes only to who has proved it.
 */
export function lanTargets(options: LanOptions = {}): Target[] {
  const { platform, env } = process;
  const stateDir = options.stateDir ?? defaultStateDir({ platform, home: homedir(), env });
  return readPaired(stateDir).map((paired) => targetOf(paired, stateDir, options));
}

function targetOf(
  paired: PairedNode,
  stateDir: string,
  { model: asked, openMdns }: LanOptions,
): Target {
  const { name, model, aliases, key, instance } = paired;
  const id = asked !== undefined && isServedAs(asked, [model, ...aliases]) ? asked : model;
  let last = paired.origin;
  return {
    // Two machines may be called the same.
    name: `${name}/${instance.slice(0, 4)}`,
    baseUrl: `${paired.origin}/v1`,
    privacy: "own-network",
    models: [{ id, aliases: [model, ...aliases] }],
    model,
    transport: async ({ path, headers, body, signal }) => {
      const origin = await findPaired(paired, last, signal, openMdns);
      if (origin === null) throw new QwqError("network", `${name} is not found in this network`);
      if (origin !== last) {
        last = origin;
        // The next program finds it at once; where it cannot be kept, by asking the house again.
        await keepPaired(stateDir, { ...paired, origin }).catch(() => undefined);
      }
      return fetch(`${origin}/v1${path}`, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json",
          ...headers,
          authorization: `Bearer ${key}`,
        },
        signal,
        redirect: "manual",
      });
    },
  };
}
