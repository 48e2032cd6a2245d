import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { IncomingMessage, type Server, ServerResponse } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { defaultCredentials } from "@qwq-fit/sagemaker/node";
import { QwqError } from "@qwq-fit/schema";
import { createRouter, type Router } from "../api/app.ts";
import type { RouterConfig } from "../config/config.ts";
import type { RouterExtension } from "../extension.ts";
import { createMemoryState } from "../guard/memory-state.ts";
import type { Exchange, LogRecord, RouterPorts } from "../ports.ts";
import { sageMakerExtension } from "../sagemaker/sagemaker-extension.ts";
import { readIncoming, type TakenStream, writeAnswer, writeFrames } from "./exchange.ts";
import { createHttpFetch } from "./http-fetch.ts";
import { createHttpSend } from "./http-send.ts";
import { publicFetch } from "./public-fetch.ts";
import { createSpanExporter, type SpanExporter } from "./otlp.ts";

/** Where and how the router listens. */
export interface ServeRouterOptions {
  readonly config: RouterConfig;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: (record: LogRecord) => void;
  /** What this router can do beside its own, over its ports. */
  readonly extensions?: (ports: RouterPorts) => readonly RouterExtension[];
}

/** A router that listens. */
export interface RunningRouter {
  readonly url: string;
  readonly router: Router;
  /** For what is no request: an upgrade to a WebSocket. */
  readonly server: Server;
  /** Takes no new requests, lets running ones end within `graceMs`, then closes. */
  close(graceMs?: number): Promise<void>;
}

/** Ports over Node's own HTTP, clocks and timers; secrets come from the environment. */
export function nodePorts(
  environment: ServeRouterOptions["environment"],
  log: ServeRouterOptions["log"],
): RouterPorts {
  const send = createHttpSend();
  return {
    send,
    fetch: createHttpFetch(send),
    publicFetch,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => Math.random(),
    timer: (ms, run) => {
      const timer = setTimeout(run, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
    id: () => randomUUID(),
    secret: (name) => environment[name],
    log,
    state: createMemoryState(),
  };
}

/** Spans go where OpenTelemetry's own variables say; without them nowhere. */
function exporterOf(environment: ServeRouterOptions["environment"]): SpanExporter | null {
  const endpoint = environment["OTEL_EXPORTER_OTLP_ENDPOINT"];
  if (endpoint === undefined || !/^https?:\/\//.test(endpoint)) return null;
  const pairs = (environment["OTEL_EXPORTER_OTLP_HEADERS"] ?? "").split(",").flatMap((pair) => {
    const equals = pair.indexOf("=");
    return equals < 1 ? [] : [[pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]];
  });
  const service = environment["OTEL_SERVICE_NAME"] ?? "qwq-fit-router";
  return createSpanExporter(endpoint, service, Object.fromEntries(pairs));
}

/**
 * Serves the router on Node. A caller that goes away, before headers or after, ends its request at the node.
 * @throws QwqError `network` where the address cannot be bound
 */
export async function serveRouter(options: ServeRouterOptions): Promise<RunningRouter> {
  const { config, host, port } = options;
  const exporter = exporterOf(options.environment);
  const plain = nodePorts(options.environment, options.log);
  const ports = exporter === null ? plain : { ...plain, trace: exporter.add };
  const router = createRouter(config, ports, [
    ...(options.extensions?.(ports) ?? []),
    // SageMaker answers within a minute or not at all, so Node's own fetch does; AWS's client reads all headers.
    sageMakerExtension(config, { ...ports, fetch: globalThis.fetch }, defaultCredentials()),
  ]);
  const answer = async (
    request: Request,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<Response> => {
    let taken: TakenStream | null = null;
    const exchange: Exchange = {
      body: (limit) => readIncoming(incoming, limit),
      stream: (frames, headers) => {
        taken = { answer: frames, headers, keepAliveMs: config.limits.keepAliveMs };
        // Written below, with the headers that the whole API adds to this.
        return new Response(null);
      },
    };
    const response = await router.fetch(request, exchange);
    if (taken === null) void writeAnswer(response, outgoing);
    else void writeFrames(response, taken, outgoing);
    return RESPONSE_ALREADY_SENT;
  };
  const server = createAdaptorServer({
    fetch: (request, { incoming, outgoing }) =>
      incoming instanceof IncomingMessage && outgoing instanceof ServerResponse
        ? answer(request, incoming, outgoing)
        : router.fetch(request),
    overrideGlobalObjects: false,
  });
  if (!("closeAllConnections" in server)) throw new QwqError("internal", "not an HTTP/1 server");
  // A long thought is no idle connection: the relay's own limits say what is silent for too long.
  server.requestTimeout = 0;
  server.timeout = 0;
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new QwqError("network", `cannot listen on ${host}:${port} (${code})`, {
      cause: error,
      hint:
        code === "EADDRINUSE"
          ? "Another program has this port; pass another."
          : "Check the address.",
    });
  }
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  void router.fleet.probe();
  const probing = setInterval(() => void router.fleet.probe(), config.probeEveryMs);
  probing.unref();
  const shown = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${shown}:${bound}`,
    router,
    server,
    close: async (graceMs = 10_000) => {
      clearInterval(probing);
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      // A connection that was busy when we looked is idle, not closed, once its answer is out.
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      await closed;
      clearTimeout(cut);
      clearInterval(sweep);
      await exporter?.flush();
    },
  };
}
