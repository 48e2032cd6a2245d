import {
  createFrameDecoder,
  encodeFrame,
  FRAME,
  type Frame,
  type FrameType,
  SUBPROTOCOL,
} from "@qwq-fit/tunnel";
import { createNodeKeys, type NodeKeys, signNodeToken } from "@qwq-fit/tunnel/node";
import { WebSocket } from "ws";
import { inviteTo } from "./tunnel-fleet.ts";

/** A machine that has joined and then does as it likes. */
export interface Rogue {
  readonly keys: NodeKeys;
  readonly certificate: string;
  readonly id: string;
  readonly name: string;
}

const HELLO = {
  agent: "rogue",
  engine: "node-llama-cpp",
  slots: 1000,
  capabilities: { continuation: true },
  load: { state: "serveable", inFlight: 0, queued: 0, performance: [] },
};

/** Joins by a code as any machine does. */
export async function enrolRogue(url: string, name: string, code?: string): Promise<Rogue> {
  const keys = await createNodeKeys();
  const response = await fetch(`${url}/v1/nodes/enrol`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: code ?? (await inviteTo(url)), name, publicKey: keys.publicKey }),
  });
  const value: unknown = await response.json();
  if (response.status !== 201) throw new Error(String(response.status));
  const field = (key: string): string => String(Reflect.get(Object(value), key));
  return { keys, certificate: field("certificate"), id: field("id"), name: field("name") };
}

/** A fresh token of a node. */
export const tokenOf = (url: string, { keys, certificate }: Rogue): Promise<string> =>
  signNodeToken(keys, { certificate, audience: new URL(url).host, nowMs: Date.now() });

/** A connection that sends what it is told. */
export interface RogueConnection {
  /** 101 where it was let in. */
  readonly status: number;
  readonly frames: readonly Frame[];
  send(type: FrameType, stream: number, payload?: Uint8Array | object): void;
  sendBytes(bytes: Uint8Array): void;
  /** Code of the close. */
  readonly closed: Promise<number>;
  /** The first frame of this type that has come or comes. */
  until(type: FrameType): Promise<Frame>;
  close(): void;
}

/** Dials with a token. */
export function dialWith(url: string, token: string): Promise<RogueConnection> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/nodes/connect`, SUBPROTOCOL, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  });
  const frames: Frame[] = [];
  const decoder = createFrameDecoder();
  let wake: (() => void)[] = [];
  const closed = new Promise<number>((resolve) => {
    socket.on("close", (code) => resolve(code));
  });
  socket.on("message", (data, isBinary) => {
    if (isBinary && data instanceof Uint8Array) frames.push(...decoder.push(new Uint8Array(data)));
    for (const one of wake.splice(0)) one();
  });
  return new Promise((resolve) => {
    const connection = (status: number): RogueConnection => ({
      status,
      frames,
      closed,
      sendBytes: (bytes) => socket.send(bytes),
      send: (type, stream, payload) => {
        const bytes =
          payload === undefined || payload instanceof Uint8Array
            ? payload
            : new TextEncoder().encode(JSON.stringify(payload));
        socket.send(encodeFrame(type, stream, bytes));
      },
      until: async (type) => {
        for (;;) {
          const found = frames.find((frame) => frame.type === type);
          if (found !== undefined) return found;
          await new Promise<void>((next) => {
            wake = [...wake, next];
          });
        }
      },
      close: () => socket.terminate(),
    });
    socket.on("error", () => undefined);
    socket.on("unexpected-response", (_, response) => {
      resolve(connection(response.statusCode ?? 0));
      socket.terminate();
    });
    socket.on("open", () => resolve(connection(101)));
  });
}

/** Dials as a node, and says hello. */
export async function connectRogue(
  url: string,
  rogue: Rogue,
  model = "rogue",
): Promise<RogueConnection> {
  const connection = await dialWith(url, await tokenOf(url, rogue));
  if (connection.status === 101) {
    connection.send(FRAME.hello, 0, { ...HELLO, models: [{ id: model }] });
  }
  return connection;
}
