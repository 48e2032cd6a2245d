import { QwqError } from "@qwq-fit/schema";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { routerAddress } from "../join/router-address.ts";
import type { NodesOptions } from "../options/join-options.ts";
import { drawTable } from "../view/table.ts";
import { terminalOf } from "../view/terminal.ts";

const ANSWER_MS = 30_000;

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
const objectOf = (value: unknown): Json => (isObject(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/** Asks the router as its administrator. @throws {QwqError} `usage`, `network`, `unauthorized`, `invalid_value` */
async function ask(
  method: "GET" | "POST" | "DELETE",
  path: string,
  options: NodesOptions,
  io: CommandIo,
): Promise<{ readonly value: Json; readonly router: string }> {
  const told = options.router ?? io.environment["QWQ_FIT_ROUTER"];
  if (told === undefined || told === "") {
    throw new QwqError("usage", "which router?", {
      hint: "Pass --router https://router.example, or set QWQ_FIT_ROUTER.",
    });
  }
  const router = routerAddress(told, options.insecureHttp === true);
  const key = options.key ?? io.environment["QWQ_FIT_ROUTER_KEY"];
  const response = await fetch(`${router}/v1/nodes${path}`, {
    method,
    headers: key === undefined || key === "" ? {} : { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(ANSWER_MS),
    redirect: "error",
  }).catch((error: unknown) => {
    throw new QwqError("network", `${router} cannot be reached`, { cause: error });
  });
  const value = objectOf(await response.json().catch(() => null));
  if (response.ok) return { value, router };
  const message = textOf(objectOf(value["error"])["message"]) || `status ${response.status}`;
  if (response.status === 401 || response.status === 403) {
    throw new QwqError("unauthorized", `${router}: ${message}`, {
      hint: 'Pass --key, or set QWQ_FIT_ROUTER_KEY: a key with the scope "admin".',
    });
  }
  if (response.status === 404) {
    throw new QwqError("invalid_value", `${router}: ${message}`, {
      hint: 'Names are told by `qwq-fit nodes`; a router lets machines join with "join": true.',
    });
  }
  throw new QwqError("protocol_error", `${router}: ${message}`);
}

/** `qwq-fit nodes`: what a router knows of its nodes. */
export async function listNodes(options: NodesOptions, io: CommandIo): Promise<number> {
  const { value, router } = await ask("GET", "", options, io);
  const nodes = listOf(value["data"]).map(objectOf);
  if (options.json === true) {
    io.out(`${JSON.stringify({ schemaVersion: 1, router, nodes })}\n`);
    return EXIT.fits;
  }
  if (nodes.length === 0) io.out("No machine has joined. `qwq-fit nodes invite` makes a code.\n");
  else {
    const rows = nodes.map((node) => [
      textOf(node["name"]),
      textOf(node["status"]),
      listOf(node["models"]).map(textOf).join(", "),
      `${textOf(node["inFlight"]) || "–"}/${textOf(node["slots"]) || "–"}`,
      objectOf(node["power"])["onBattery"] === true ? "battery" : "",
    ]);
    io.out(drawTable(["name", "state", "models", "busy", "power"], rows, terminalOf(io)));
  }
  return EXIT.fits;
}

/** `qwq-fit nodes invite`: a code by which one machine can join. */
export async function inviteNode(options: NodesOptions, io: CommandIo): Promise<number> {
  const { value, router } = await ask("POST", "/codes", options, io);
  const code = textOf(value["code"]);
  const expires = textOf(value["expires"]);
  if (options.json === true) {
    io.out(`${JSON.stringify({ schemaVersion: 1, router, code, expires })}\n`);
  } else {
    io.out(`qwq-fit join ${router} --code ${code}\n`);
    io.note("On the machine that is to join; good once, for ten minutes.\n");
  }
  return EXIT.fits;
}

/** `qwq-fit nodes drain`: no new requests for a node, or again (`--off`). */
export async function drainNode(
  name: string,
  options: NodesOptions,
  io: CommandIo,
): Promise<number> {
  const query = options.off === true ? "?off=1" : "";
  const path = `/${encodeURIComponent(name)}/drain${query}`;
  const { value } = await ask("POST", path, options, io);
  const text = options.off === true ? "takes requests again" : "takes no new requests";
  return tell(value, `${textOf(value["name"])} ${text}.`, options, io);
}

/** `qwq-fit nodes remove`: a node's key is worth nothing from now on, and its connection is cut. */
export async function removeNode(
  name: string,
  options: NodesOptions,
  io: CommandIo,
): Promise<number> {
  const { value } = await ask("DELETE", `/${encodeURIComponent(name)}`, options, io);
  return tell(value, `${textOf(value["name"])} is removed.`, options, io);
}

function tell(value: Json, text: string, { json }: NodesOptions, io: CommandIo): number {
  io.out(json === true ? `${JSON.stringify({ schemaVersion: 1, ...value })}\n` : `${text}\n`);
  return EXIT.fits;
}
