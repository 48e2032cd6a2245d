import { DurableObject } from "cloudflare:workers";
import {
  createNodeHub,
  type HubSocket,
  MOST_GENERATIONS,
  NODE_SUBPROTOCOL,
  type NodeHello,
  type NodeHub,
  responseOf,
} from "@qwq-fit/router";
import { DIAL, FAULT, STREAM } from "./node-headers.ts";

/** What outlives the object on a socket. Each time the object wakes up the socket has a new generation. */
interface Attached {
  readonly id: string;
  readonly generation: number;
  readonly sinceMs: number;
}

/** How often the object looks whether its sockets live, and how long one may be silent; agents ping every 20 s. */
const LOOK_MS = 45_000;
const SILENT_MS = 75_000;
/** The registry is told of a node's load this often at most. */
const TELL_MS = 2000;

const isAttached = (value: unknown): value is Attached =>
  typeof value === "object" && value !== null && "generation" in value && "id" in value;

/** One node's end of its connections, in the cloud. Sleeps while nothing runs; the sockets stay. */
export class NodeObject extends DurableObject<Env> {
  readonly #hub: NodeHub;
  readonly #sockets = new Map<WebSocket, HubSocket>();
  readonly #running = new Map<string, AbortController>();
  #id = "";
  #hello: NodeHello | null = null;
  #toldMs = 0;
  #told = "";

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    this.#hub = createNodeHub({
      now: () => performance.now(),
      timer: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      onChange: () => this.#changed(),
    });
    void ctx.blockConcurrencyWhile(async () => {
      this.#hello = (await ctx.storage.get<NodeHello>("hello")) ?? null;
      for (const socket of ctx.getWebSockets()) this.#restore(socket);
    });
  }

  /** A socket that the Worker let in, or a request for the node. */
  override async fetch(request: Request): Promise<Response> {
    const dial = request.headers.get(DIAL);
    if (dial !== null) return this.#connect(dial);
    const key = request.headers.get(STREAM) ?? crypto.randomUUID();
    const abort = new AbortController();
    this.#running.set(key, abort);
    const over = (): void => void this.#running.delete(key);
    const headers: Record<string, string> = {};
    for (const [name, value] of request.headers) if (name !== STREAM) headers[name] = value;
    request.signal.addEventListener("abort", () => abort.abort());
    try {
      const answer = await this.#hub.request({
        method: request.method === "GET" ? "GET" : "POST",
        path: new URL(request.url).pathname,
        headers,
        body: new Uint8Array(await request.arrayBuffer()),
        signal: abort.signal,
        onOver: over,
      });
      const { body } = answer;
      // A broken body ends as if it were over: that it is not whole shows where it is read, as with any node in workerd.
      // Told as an error, workerd would keep what belonged to the request for as long as it runs.
      const read = (): ReturnType<typeof body.read> => body.read().catch(() => ({ done: true }));
      return responseOf({ ...answer, body: { read, cancel: () => body.cancel() } });
    } catch {
      over();
      return new Response(null, { status: 502, headers: { [FAULT]: "network" } });
    }
  }

  /** Ends a request whose caller has gone. */
  cancel(key: string): void {
    this.#running.get(key)?.abort();
    this.#running.delete(key);
  }

  /** The node was removed: its connections are cut. */
  async cut(): Promise<void> {
    this.#hub.cut("removed");
    await this.ctx.storage.deleteAll();
    await this.ctx.storage.deleteAlarm();
  }

  /** Takes the object out of memory at once, as a crash or a deploy does; its sockets and requests break. */
  reset(): void {
    this.ctx.abort("reset");
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const known = this.#sockets.get(socket);
    if (known !== undefined && typeof message !== "string") {
      this.#hub.receive(known, new Uint8Array(message));
    }
  }

  override webSocketClose(socket: WebSocket): void {
    this.#forget(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#forget(socket);
  }

  /** Cuts sockets that are silent, and tells the registry that the others live. */
  override async alarm(): Promise<void> {
    const nowMs = Date.now();
    for (const [socket] of this.#sockets) {
      const heardMs = this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
      const attached: unknown = socket.deserializeAttachment();
      const sinceMs = isAttached(attached) ? attached.sinceMs : 0;
      if (nowMs - Math.max(heardMs, sinceMs) <= SILENT_MS) continue;
      socket.close(1001, "silent");
      this.#forget(socket);
    }
    if (this.#sockets.size === 0) return;
    await this.#tell();
    await this.ctx.storage.setAlarm(nowMs + LOOK_MS);
  }

  async #connect(dial: string): Promise<Response> {
    const [id = "", token = "", expires = ""] = dial.split(" ");
    const nowMs = Date.now();
    const used = await this.ctx.storage.list<number>({ prefix: "used:" });
    const over = [...used].flatMap(([key, overMs]) => (overMs < nowMs ? [key] : []));
    if (over.length > 0) await this.ctx.storage.delete(over.slice(0, 128));
    if (used.has(`used:${token}`)) return new Response(null, { status: 401 });
    if (!(await this.#registry.saw(id, { seenMs: nowMs }))) {
      return new Response(null, { status: 410 });
    }
    await this.ctx.storage.put(`used:${token}`, Number(expires));
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    const attached: Attached = { id, generation: 0, sinceMs: nowMs };
    server.serializeAttachment(attached);
    this.#attach(server, attached, null);
    await this.ctx.storage.setAlarm(nowMs + LOOK_MS);
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { "sec-websocket-protocol": NODE_SUBPROTOCOL },
    });
  }

  get #registry(): ReturnType<Env["NODE_REGISTRY"]["get"]> {
    return this.env.NODE_REGISTRY.get(this.env.NODE_REGISTRY.idFromName("nodes"));
  }

  #restore(socket: WebSocket): void {
    const before: unknown = socket.deserializeAttachment();
    if (!isAttached(before) || before.generation >= MOST_GENERATIONS) {
      socket.close(1012, "dial anew");
      return;
    }
    const attached = { ...before, generation: before.generation + 1 };
    socket.serializeAttachment(attached);
    this.#attach(socket, attached, this.#hello);
  }

  #attach(socket: WebSocket, { id, generation }: Attached, hello: NodeHello | null): void {
    this.#id = id;
    const known: HubSocket = {
      send: (message) => socket.send(message),
      close: (code, reason) => {
        socket.close(code, reason);
        this.#sockets.delete(socket);
      },
    };
    this.#sockets.set(socket, known);
    this.#hub.attach(known, { generation, hello });
  }

  #forget(socket: WebSocket): void {
    const known = this.#sockets.get(socket);
    this.#sockets.delete(socket);
    if (known !== undefined) this.#hub.lost(known);
  }

  /** The node came, left, or said something: at once where it matters for routing, else now and then. */
  #changed(): void {
    const hello = this.#hub.hello;
    const telling = JSON.stringify([this.#hub.open, hello?.models, hello?.load.state]);
    const nowMs = Date.now();
    if (telling === this.#told && nowMs - this.#toldMs < TELL_MS) return;
    this.#told = telling;
    this.#toldMs = nowMs;
    this.ctx.waitUntil(this.#tell());
  }

  async #tell(): Promise<void> {
    const { hello, open } = this.#hub;
    if (hello !== null && hello !== this.#hello) {
      this.#hello = hello;
      await this.ctx.storage.put("hello", hello);
    }
    if (this.#id === "") return;
    const seen = hello === null ? {} : { hello };
    const known = await this.#registry.saw(this.#id, {
      connected: open,
      seenMs: Date.now(),
      ...seen,
    });
    if (!known) this.#hub.cut("removed");
  }
}
