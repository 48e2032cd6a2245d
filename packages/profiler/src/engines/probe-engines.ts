import type { FoundEngine } from "@qwq-fit/schema";
import { asObject, parseJson } from "../device/json.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { probeEngineBinaries } from "./engine-binaries.ts";
import { identifyServer } from "./parse-openai-server.ts";
import { parseOllamaModels, parseOllamaVersion } from "./parse-ollama.ts";

const OLLAMA_PORT = 11434;
/** Default ports: LM Studio 1234, llama-server and mlx_lm.server 8080, vLLM 8000, SGLang 30000. */
const OPENAI_PORTS: readonly number[] = [1234, 8080, 8000, 30000];
/** Where LM Studio listens for its own clients when its server is off (lmstudio-js, guessBaseUrl). */
const STUDIO_PORTS: readonly number[] = [41343, 52993, 16141, 39414, 22931];

/** Inference programs on this machine: those that answer on 127.0.0.1, and those that are installed. */
export async function probeEngines(ports: ProbePorts): Promise<readonly FoundEngine[]> {
  const [ollama, servers, studio, installed] = await Promise.all([
    probeOllama(ports),
    Promise.all(OPENAI_PORTS.map((port) => probeOpenAiServer(ports, port))),
    probeStudioGreeting(ports),
    probeEngineBinaries(ports),
  ]);
  const running = [ollama, ...servers].filter((engine) => engine !== null);
  if (studio !== null && !running.some(({ engine }) => engine === "lm-studio"))
    running.push(studio);
  return joinInstalled(running, installed);
}

/** A running engine takes the path of its program; installed ones that do not run follow. */
export function joinInstalled(
  running: readonly FoundEngine[],
  installed: readonly FoundEngine[],
): readonly FoundEngine[] {
  const joined = running.map((engine) => {
    const program = installed.find((each) => each.engine === engine.engine);
    if (program === undefined) return engine;
    const { binaryPath } = program;
    return { ...engine, binaryPath, version: engine.version ?? program.version };
  });
  const idle = installed.filter(({ engine }) => !running.some((each) => each.engine === engine));
  return [...joined, ...idle];
}

async function probeOllama(ports: ProbePorts): Promise<FoundEngine | null> {
  const port = ollamaPort(ports.environment("OLLAMA_HOST"));
  const answer = await ports.fetchLocal(port, "/api/version");
  const version = answer?.status === 200 ? parseOllamaVersion(answer.body) : null;
  if (version === null) return null;
  const [tags, running] = await Promise.all([
    ports.fetchLocal(port, "/api/tags"),
    ports.fetchLocal(port, "/api/ps"),
  ]);
  return {
    engine: "ollama",
    version,
    binaryPath: null,
    baseUrl: `http://127.0.0.1:${port}`,
    models: parseOllamaModels(tags?.body ?? "", running?.body ?? ""),
  };
}

/** The port of OLLAMA_HOST ("0.0.0.0:8081", "http://localhost:9000", ":11435"); only the port: we ask this machine. */
export function ollamaPort(host: string | undefined): number {
  const port = Number(/:(\d{1,5})\/?$/.exec(host ?? "")?.[1] ?? OLLAMA_PORT);
  return port > 0 && port < 65_536 ? port : OLLAMA_PORT;
}

async function probeOpenAiServer(ports: ProbePorts, port: number): Promise<FoundEngine | null> {
  const models = await ports.fetchLocal(port, "/v1/models");
  // 401: a server with a key is there, and which one may still be told by the others.
  if (models === null || (models.status !== 200 && models.status !== 401)) return null;
  const [props, version, serverInfo, studioModels] = await Promise.all([
    ports.fetchLocal(port, "/props"),
    ports.fetchLocal(port, "/version"),
    ports.fetchLocal(port, "/get_server_info"),
    ports.fetchLocal(port, "/api/v0/models"),
  ]);
  const identity = identifyServer({ models, props, version, serverInfo, studioModels });
  // Any web server may answer 200 to any path; without a list of models it is none of ours.
  if (identity.engine === "other" && identity.models.length === 0) return null;
  return { ...identity, binaryPath: null, baseUrl: `http://127.0.0.1:${port}` };
}

async function probeStudioGreeting(ports: ProbePorts): Promise<FoundEngine | null> {
  const greetings = await Promise.all(
    STUDIO_PORTS.map((port) => ports.fetchLocal(port, "/lmstudio-greeting")),
  );
  const greeted = greetings.some(
    (answer) => answer?.status === 200 && asObject(parseJson(answer.body))["lmstudio"] === true,
  );
  return greeted
    ? { engine: "lm-studio", version: null, binaryPath: null, baseUrl: null, models: [] }
    : null;
}
