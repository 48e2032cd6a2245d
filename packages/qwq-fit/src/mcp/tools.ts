import * as z from "zod/mini";

type ArgumentName =
  | "model"
  | "hardware"
  | "context"
  | "concurrency"
  | "quantization"
  | "optimize"
  | "tokensPerSecond"
  | "search"
  | "names"
  | "json";

/** Arguments of all tools; each tool takes some of them. */
const ARGUMENTS: Readonly<Record<ArgumentName, z.ZodMiniType>> = {
  model: z.optional(
    z
      .string()
      .check(
        z.describe('a model\'s name, such as "QwQ-32B" or "qwen3-8b", or a path of a GGUF file'),
      ),
  ),
  hardware: z.optional(
    z
      .string()
      .check(
        z.describe(
          'a machine\'s name, such as "RTX 4090" or "Mac mini M4 Pro 24GB"; this machine if left out',
        ),
      ),
  ),
  context: z.optional(z.int().check(z.positive(), z.describe("context of one sequence, tokens"))),
  concurrency: z.optional(z.int().check(z.positive(), z.describe("sequences side by side"))),
  quantization: z.optional(z.string().check(z.describe("only this one, such as Q4_K_M"))),
  optimize: z.optional(z.enum(["quality", "speed", "context"])),
  tokensPerSecond: z.optional(z.int().check(z.positive(), z.describe("least decode speed"))),
  search: z.optional(z.string().check(z.describe("words to search for"))),
  names: z
    .array(z.string())
    .check(z.minLength(2), z.describe('models, machines, or "MODEL @ MACHINE"')),
  json: z.optional(
    z.boolean().check(z.describe("the whole answer as JSON (long) instead of a short text")),
  ),
};

/** A question that the server answers: a command, and which of its options may be given. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly command: readonly string[];
  /** Given behind the command, without a flag. */
  readonly words: ArgumentName | null;
  readonly options: readonly ArgumentName[];
}

const PLAN_OPTIONS = [
  "model",
  "hardware",
  "context",
  "concurrency",
  "quantization",
  "optimize",
] as const;

/** The tools of the server; each is a command of qwq-fit, and answers as it does. */
export const TOOLS: readonly Tool[] = [
  {
    name: "check",
    title: "Can it run here?",
    description:
      "Whether a model fits a machine and how well it runs: quantization, engine, settings, memory, tokens a second, cost against clouds.",
    command: ["check"],
    words: null,
    options: PLAN_OPTIONS,
  },
  {
    name: "plan",
    title: "All plans",
    description: "Every plan on the front of quality, speed and context for a model on a machine.",
    command: ["plan"],
    words: null,
    options: PLAN_OPTIONS,
  },
  {
    name: "compare",
    title: "Compare machines or models",
    description: "Models, machines or pairs of both side by side, with prices.",
    command: ["compare"],
    words: "names",
    options: PLAN_OPTIONS,
  },
  {
    name: "find_machines",
    title: "Which machine for a model?",
    description:
      "Machines of the catalogue that run a model at a speed, cheapest first. Takes some seconds.",
    command: ["plan", "--reverse"],
    words: null,
    options: ["model", "context", "concurrency", "quantization", "tokensPerSecond"],
  },
  {
    name: "profile",
    title: "This machine",
    description:
      "The machine that this server runs on: CPU, memory, devices, engines that are installed.",
    command: ["profile"],
    words: null,
    options: ["hardware"],
  },
  {
    name: "list_models",
    title: "Models",
    description: "Models that are known by name.",
    command: ["models"],
    words: "search",
    options: [],
  },
  {
    name: "list_hardware",
    title: "Machines",
    description: "Machines and devices that are known by name.",
    command: ["hardware"],
    words: "search",
    options: [],
  },
];

const FLAGS: Readonly<Partial<Record<ArgumentName, string>>> = {
  tokensPerSecond: "--tokens-per-second",
};

/** The tool's arguments as a schema for its callers. */
export function shapeOf(tool: Tool): Readonly<Record<string, z.ZodMiniType>> {
  const names: ArgumentName[] = [
    ...tool.options,
    ...(tool.words === null ? [] : [tool.words]),
    "json",
  ];
  return Object.fromEntries(names.map((name) => [name, ARGUMENTS[name]]));
}

/** A value that begins with a dash would be read as an option. */
function word(value: string | number): string {
  return String(value).replace(/^-+/u, "");
}

/** The command line that answers the call. */
export function commandLineOf(tool: Tool, input: Readonly<Record<string, unknown>>): string[] {
  const options = tool.options.flatMap((name) => {
    const value = input[name];
    if (typeof value !== "string" && typeof value !== "number") return [];
    return [FLAGS[name] ?? `--${name}`, word(value)];
  });
  const given = tool.words === null ? undefined : input[tool.words];
  const words = Array.isArray(given) ? given.map(String) : typeof given === "string" ? [given] : [];
  const json = input["json"] === true ? ["--json"] : [];
  return [...tool.command, ...options, ...json, ...words.map(word)];
}
