import { createRouter, readConfig, type Router } from "@qwq-fit/router";
import { testPorts } from "./router-ports.ts";

/** How a node of these tests answers: the bytes of its body, cut as they are sent. */
export type Script = (body: Readonly<Record<string, unknown>>) => {
  readonly type: "text/event-stream" | "application/json";
  readonly chunks: readonly Uint8Array[];
};

/** A router in this process before one node that answers by a script; its clock stands and its ids are one. */
export function routerOver(script: Script, config: Readonly<Record<string, unknown>> = {}): Router {
  const told = readConfig({
    insecureDev: true,
    nodes: [{ name: "node", url: "http://127.0.0.1:9/v1" }],
    ...config,
  });
  const ports = { ...testPorts(), now: () => 1_700_000_000_000, id: () => "one" };
  const link = {
    transport: ({ body }: { readonly body: string }): Promise<Response> => {
      const { type, chunks } = script(JSON.parse(body));
      const left = [...chunks];
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const next = left.shift();
          if (next === undefined) controller.close();
          else controller.enqueue(next);
        },
      });
      return Promise.resolve(new Response(stream, { headers: { "content-type": type } }));
    },
  };
  return createRouter(told, ports, [{ name: "scripted", link: () => link }]);
}

/** Asks the router; the answer's text without comments (pings, the receipt). */
export async function askRouter(
  router: Router,
  path: string,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const response = await router.fetch(
    new Request(`http://router.test${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: "m", ...body }),
    }),
  );
  const text = await response.text();
  return text.replaceAll(/^:.*(?:\r\n|\r|\n)+/gm, "");
}
