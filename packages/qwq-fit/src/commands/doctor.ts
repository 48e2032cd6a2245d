import { checkServers } from "@qwq-fit/engine";
import type { ServerCheck } from "@qwq-fit/engine";
import { GiB, QwqError } from "@qwq-fit/schema";
import type { Backend, HardwareProfile } from "@qwq-fit/schema";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { bytesText, engineHere, packagesOf } from "../local/find-binding.ts";
import { modelsFolder, stateDirOf, storeOf } from "../local/local-places.ts";
import { lookAtMachine } from "../local/start-local.ts";
import type { LocalOptions } from "../options/local-options.ts";
import { terminalOf } from "../view/terminal.ts";

/** One check: a fault keeps `serve` from working, a warning does not. */
interface Check extends Omit<ServerCheck, "ok"> {
  readonly level: "ok" | "warning" | "fault";
}

/** Models below this are of little use: the smallest of the catalogue take about as much. */
const LITTLE_DISK_BYTES = 2 * GiB;

/** `qwq-fit doctor`: whether this machine can serve, and what is in the way. Exit 1 where there is a fault. */
export async function doctor(options: LocalOptions, io: CommandIo): Promise<number> {
  const { hardware } = await lookAtMachine(io);
  const servers = await checkServers(stateDirOf(options.stateDir, io.environment));
  const checks: Check[] = [
    { name: "Node.js", level: "ok", detail: process.version, hint: null },
    ...(await engineChecks(hardware, io)),
    ...foundEngines(hardware),
    diskCheck(hardware, io),
    ...(await modelChecks(io)),
    ...servers.map(({ ok, ...rest }) => ({
      ...rest,
      level: ok ? ("ok" as const) : ("fault" as const),
    })),
    ...hardware.warnings.map(({ code, message, hint }) => ({
      name: code.replaceAll("_", " "),
      level: "warning" as const,
      detail: message,
      hint,
    })),
  ];
  const healthy = checks.every(({ level }) => level !== "fault");
  if (options.json === true) io.out(`${JSON.stringify({ schemaVersion: 1, healthy, checks })}\n`);
  else io.out(drawChecks(checks, io));
  return healthy ? EXIT.fits : EXIT.fault;
}

/** The engine of each backend that this machine has. */
async function engineChecks(hardware: HardwareProfile, io: CommandIo): Promise<Check[]> {
  const backends = new Set<Backend>(hardware.devices.flatMap((device) => device.backends));
  const known = (["cuda", "metal", "vulkan"] as const).filter((backend) => backends.has(backend));
  const checks = [...known, "cpu" as const].map(async (backend): Promise<Check> => {
    const name = `engine for ${backend}`;
    try {
      const packages = packagesOf({ backend });
      const found = await engineHere(packages, io.environment);
      const detail =
        found === null
          ? `node-llama-cpp ${packages.version} is not installed yet`
          : `node-llama-cpp ${found.version}, ${found.bindingFolder}`;
      const hint = found === null ? "`qwq-fit serve` installs it when it is needed." : null;
      return { name, level: "ok", detail, hint };
    } catch (error) {
      if (!QwqError.is(error, "unsupported_combination")) throw error;
      return { name, level: "warning", detail: error.message, hint: error.hint ?? null };
    }
  });
  return Promise.all(checks);
}

function foundEngines(hardware: HardwareProfile): Check[] {
  return hardware.engines.map(({ engine, version, baseUrl, binaryPath }) => ({
    name: engine,
    level: "ok",
    detail: [version ?? "of unknown version", baseUrl ?? binaryPath ?? ""].join(" ").trim(),
    hint: null,
  }));
}

function diskCheck({ disk }: HardwareProfile, io: CommandIo): Check {
  const name = "disk for models";
  const folder = modelsFolder(io.environment);
  if (disk === null) return { name, level: "warning", detail: `${folder}: not known`, hint: null };
  const little = disk.freeBytes < LITTLE_DISK_BYTES;
  return {
    name,
    level: little ? "warning" : "ok",
    detail: `${bytesText(disk.freeBytes)} free, ${folder}`,
    hint: little ? "`qwq-fit list` and `qwq-fit rm` make room." : null,
  };
}

/** Models whose files are gone or cut. */
async function modelChecks(io: CommandIo): Promise<Check[]> {
  const store = storeOf(io.environment);
  const models = await store.list();
  const whole = await Promise.all(models.map(({ id }) => store.find(id)));
  const broken = models.filter((_, index) => whole[index] === null).map(({ id }) => id);
  return [
    {
      name: "models",
      level: broken.length === 0 ? "ok" : "fault",
      detail: broken.length === 0 ? `${models.length} pulled` : `not whole: ${broken.join(", ")}`,
      hint: broken.length === 0 ? null : "Pull them again, or remove them with `qwq-fit rm`.",
    },
  ];
}

function drawChecks(checks: readonly Check[], io: CommandIo): string {
  const { colours } = terminalOf(io);
  const marks = {
    ok: colours.green("ok  "),
    warning: colours.yellow("note"),
    fault: colours.red("FAIL"),
  };
  const lines = checks.flatMap(({ name, level, detail, hint }) => [
    `${marks[level]}  ${name}: ${detail}`,
    ...(hint === null ? [] : [`      ${hint}`]),
  ]);
  return `${lines.join("\n")}\n`;
}
