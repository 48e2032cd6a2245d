import {
  checkDial,
  CONNECT_PATH,
  type RouterConfig,
  type RouterExtension,
  type RouterPorts,
  tunnelExtension,
  tunnelSecret,
  tunnelTransport,
} from "@qwq-fit/router";
import { DIAL, FAULT, STREAM } from "./node-headers.ts";

/** Nodes that dial in to the Worker: an object for each, one more for the registry. */
export function nodeTunnel(env: Env, config: RouterConfig, ports: RouterPorts): RouterExtension {
  const registry = (): ReturnType<Env["NODE_REGISTRY"]["get"]> =>
    env.NODE_REGISTRY.get(env.NODE_REGISTRY.idFromName("nodes"));
  return tunnelExtension({
    now: ports.now,
    secret: tunnelSecret(config, ports),
    changed: () => undefined,
    registry: {
      addCode: (hash, nowMs) => registry().addCode(hash, nowMs),
      enrol: (hash, wanted, nowMs) => registry().enrol(hash, wanted, nowMs),
      list: async () => registry().list(),
      drain: (id, on) => registry().drain(id, on),
      remove: (id) => registry().remove(id),
    },
    transport: (id) =>
      tunnelTransport(async ({ method, path, headers, body, signal }) => {
        const object = env.NODE.get(env.NODE.idFromName(id));
        const key = crypto.randomUUID();
        // The object is told: what is cancelled here is not always noticed there.
        // Where it broke that is refused, and nothing is left to be told.
        const cancel = (): void => void object.cancel(key).catch(() => undefined);
        signal.addEventListener("abort", cancel, { once: true });
        const response = await object.fetch(`https://node${path}`, {
          method,
          headers: { ...headers, [STREAM]: key },
          ...(method === "GET" ? {} : { body }),
          signal,
        });
        if (response.headers.has(FAULT)) throw new Error("the node is not connected");
        return response;
      }),
  });
}

/** Whether a node dials. */
export function isDial(request: Request): boolean {
  return (
    request.headers.get("upgrade")?.toLowerCase() === "websocket" &&
    new URL(request.url).pathname === CONNECT_PATH
  );
}

/** Lets a node in: its token is checked here, by computing alone, before its object is touched. */
export async function dialNode(
  request: Request,
  env: Env,
  config: RouterConfig,
  secretOf: (name: string) => string | undefined,
): Promise<Response> {
  if (!config.join) return new Response(null, { status: 404 });
  const secret = tunnelSecret(config, { secret: secretOf });
  const { host } = new URL(request.url);
  const nowMs = Date.now();
  const proof = await checkDial(request.headers.get("authorization"), host, secret, nowMs);
  const headers = { date: new Date(nowMs).toUTCString() };
  if (proof === null) return new Response(null, { status: 401, headers });
  const { certificate, id, expiresMs } = proof;
  return env.NODE.get(env.NODE.idFromName(certificate.node)).fetch("https://node/", {
    headers: { upgrade: "websocket", [DIAL]: `${certificate.node} ${id} ${expiresMs}` },
  });
}
