import type { FoundEngine } from "@qwq-fit/schema";
import type { ProbePorts } from "../ports/probe-ports.ts";

interface Binary {
  readonly engine: FoundEngine["engine"];
  readonly program: string;
  /** How to ask for the version; null for Python programs, which need seconds to say it. */
  readonly versionArguments: readonly string[] | null;
  readonly versionPattern: RegExp;
}

const BINARIES: readonly Binary[] = [
  {
    engine: "ollama",
    program: "ollama",
    versionArguments: ["--version"],
    versionPattern: /version is (\d[\w.+-]{0,40})/,
  },
  {
    engine: "llama-server",
    program: "llama-server",
    versionArguments: ["--version"],
    versionPattern: /version: (\d[\w.]{0,40}(?: \([0-9a-f]{4,40}\))?)/,
  },
  { engine: "lm-studio", program: "lms", versionArguments: null, versionPattern: /$^/ },
  { engine: "vllm", program: "vllm", versionArguments: null, versionPattern: /$^/ },
  { engine: "mlx", program: "mlx_lm.server", versionArguments: null, versionPattern: /$^/ },
];

/** `--version` loads no model; an engine that takes longer has its version left out. */
const VERSION_TIMEOUT_MS = 1000;

/** Engines that are installed, running or not. */
export function probeEngineBinaries(ports: ProbePorts): Promise<readonly FoundEngine[]> {
  return Promise.all(BINARIES.map((binary) => probeBinary(ports, binary))).then((found) =>
    found.flat(),
  );
}

async function probeBinary(ports: ProbePorts, binary: Binary): Promise<readonly FoundEngine[]> {
  const binaryPath = await ports.find(binary.program);
  if (binaryPath === null) return [];
  let version: string | null = null;
  if (binary.versionArguments !== null) {
    const result = await ports.run(binary.program, binary.versionArguments, {
      timeoutMs: VERSION_TIMEOUT_MS,
    });
    const text = result.kind === "ended" ? result.stdout + result.stderr : "";
    version = binary.versionPattern.exec(text)?.[1] ?? null;
  }
  return [{ engine: binary.engine, version, binaryPath, baseUrl: null, models: [] }];
}
