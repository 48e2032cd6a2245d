import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findServer, listServers, runChatRepl } from "@qwq-fit/engine";
import type { ChatTarget } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { askPerson } from "../local/ask.ts";
import { defaultModel } from "../local/default-model.ts";
import { findPlace } from "../local/local-model.ts";
import { stateDirOf } from "../local/local-places.ts";
import { planText } from "../local/plan-local.ts";
import { lookAtMachine, prepareLocal, startLocal } from "../local/start-local.ts";
import { createTeller } from "../local/teller.ts";
import type { ChatOptions } from "../options/local-options.ts";
import { wantsColour } from "../view/terminal.ts";

/** A server to chat with; `close` ends what was started for this chat. */
interface Partner {
  readonly target: ChatTarget;
  close(): Promise<void>;
}

/** `qwq-fit chat`: a conversation with the model's running server, or with one that lives as long as the chat. */
export async function chat(
  argument: string | undefined,
  options: ChatOptions,
  io: CommandIo,
): Promise<number> {
  const stateDir = stateDirOf(options.stateDir, io.environment);
  const name = argument ?? options.model;
  const partner =
    options.url === undefined
      ? ((await runningPartner(name, stateDir, options, io)) ??
        (await ownPartner(name, stateDir, options, io)))
      : await remotePartner(options.url, name, options, io);
  if (partner === null) return EXIT.fault;
  try {
    await talk(partner.target, stateDir, options, io);
  } finally {
    await partner.close();
  }
  return EXIT.fits;
}

async function talk(
  target: ChatTarget,
  stateDir: string,
  options: ChatOptions,
  io: CommandIo,
): Promise<void> {
  const terminal = process.stdin.isTTY && io.columns !== null;
  const file = join(stateDir, "chat-history.json");
  const history = terminal ? await readHistory(file) : [];
  if (terminal) io.note(`${target.model} at ${target.baseUrl}. /help lists commands.\n`);
  let latest: readonly string[] | null = null;
  await runChatRepl({
    target,
    input: process.stdin,
    output: process.stdout,
    terminal,
    color: wantsColour(io),
    history,
    onHistory: (lines) => {
      latest = lines;
    },
    session: {
      ...(options.system === undefined ? {} : { system: options.system }),
      ...(options.thoughts === undefined ? {} : { thoughts: options.thoughts }),
    },
  });
  if (terminal && latest !== null) {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    // What a person said is theirs alone. A file that is there keeps its mode, so it goes first.
    await rm(file, { force: true });
    await writeFile(file, JSON.stringify(latest), { mode: 0o600 });
  }
}

async function readHistory(file: string): Promise<string[]> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    return Array.isArray(value) ? value.filter((line) => typeof line === "string") : [];
  } catch {
    return [];
  }
}

function keyOf(options: ChatOptions, io: CommandIo): string | null {
  return options.apiKey ?? io.environment["QWQ_FIT_API_KEY"] ?? null;
}

function partnerAt(baseUrl: string, model: string, apiKey: string | null): Partner {
  return { target: { baseUrl, apiKey, model, fetch }, close: () => Promise.resolve() };
}

/** A server of ours that runs: the one of this model, or the only one where none is named. */
async function runningPartner(
  name: string | undefined,
  stateDir: string,
  options: ChatOptions,
  io: CommandIo,
): Promise<Partner | null> {
  const running = (await listServers(stateDir)).filter(({ status }) => status === "running");
  const [only] = running;
  if (only === undefined) return null;
  const at = ({ baseUrl, model }: typeof only.state): Partner =>
    partnerAt(baseUrl, model, keyOf(options, io));
  if (name === undefined) return running.length === 1 ? at(only.state) : null;
  const named = running.find(({ state }) => state.model === name || state.id === name);
  if (named !== undefined) return at(named.state);
  const catalog = await loadCatalog(io.environment);
  const place = await findPlace(name, options.quantization, catalog, io.environment);
  if (place.kind !== "here") return null;
  const found = await findServer(stateDir, place.model.id);
  return found === null ? null : at(found.state);
}

/** A server that is started for this chat and ends with it. */
async function ownPartner(
  named: string | undefined,
  stateDir: string,
  options: ChatOptions,
  io: CommandIo,
): Promise<Partner | null> {
  const teller = createTeller(false, io);
  const loras = options.lora ?? [];
  const machine = await lookAtMachine(io);
  const name = named ?? (await defaultModel(machine, options, teller));
  const ask = askPerson({ yes: options.yes === true });
  const prepared = await prepareLocal(name, options, loras, { ask, teller, io }, machine);
  if (prepared === null) {
    teller.event("declined", {}, "Nothing was downloaded.");
    return null;
  }
  teller.event("plan", {}, planText(prepared.plan));
  const place = { stateDir, host: "127.0.0.1", port: 0, apiKeys: [], corsOrigins: [] };
  const server = await startLocal(prepared, { ...place, idleMs: null, loras }, io);
  try {
    await server.whenReady();
  } catch (error) {
    await server.stop({ graceMs: 0 });
    throw error;
  }
  const { target } = partnerAt(server.baseUrl, prepared.model.id, null);
  return { target, close: () => server.stop({ graceMs: 0 }) };
}

/** Any server that speaks OpenAI's API. Without a model's name, the first that it lists. */
async function remotePartner(
  url: string,
  name: string | undefined,
  options: ChatOptions,
  io: CommandIo,
): Promise<Partner> {
  if (!URL.canParse(url)) throw new QwqError("invalid_value", "--url is no address");
  const { origin, pathname } = new URL(url);
  const baseUrl = `${origin}${pathname === "/" ? "/v1" : pathname.replace(/\/+$/u, "")}`;
  const apiKey = keyOf(options, io);
  if (name !== undefined) return partnerAt(baseUrl, name, apiKey);
  const headers = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
  const response = await fetch(`${baseUrl}/models`, { headers }).catch((error: unknown) => {
    throw new QwqError("network", `${baseUrl} cannot be reached`, { cause: error });
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every part is looked at below
  const listed = (await response.json().catch(() => null)) as { data?: { id?: unknown }[] } | null;
  const id = Array.isArray(listed?.data) ? listed.data[0]?.id : undefined;
  if (typeof id === "string") return partnerAt(baseUrl, id, apiKey);
  throw new QwqError("unknown_model", `${baseUrl} lists no models`, { hint: "Pass --model." });
}
