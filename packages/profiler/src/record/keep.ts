import { asObject, asObjects, asText, parseJson, type JsonObject } from "../device/json.ts";
import { programName } from "../nvidia/parse-nvidia-smi.ts";

/*
 * What of an answer a recording keeps: that which the probes read. A server's answers hold prompts, a process's name its
 * command line with keys, a mount table the names of file servers.
 */

/** A tool's output without command lines and without the serial numbers that stand in tables. */
export function keepOutput(program: string, text: string): string {
  if (program === "nvidia-smi") {
    return text.replaceAll(
      /(<process_name>)([^<]{0,8192})(<\/process_name>)/g,
      (_, open: string, name: string, close: string) => open + programName(name) + close,
    );
  }
  // "| 0  1684X-EVB   PCIE HQATEVBAIAIAI0001 | …": the board's serial number.
  if (program === "bm-smi") {
    return text.replaceAll(/(\b(?:PCIE|SOC) +)([A-Z0-9]{6,32})(?= *\|)/g, "$1removed");
  }
  return text;
}

/** A file's text: of the mount table the control groups, of the PCI table the makers of GPUs. */
export function keepFile(path: string, text: string): string {
  if (path === "/proc/self/mountinfo") {
    return text.replaceAll(/^(?!.* - cgroup2? ).*\n?/gm, "");
  }
  if (path.endsWith("/pci.ids")) {
    const sections = text.match(/^(?:1002|8086) {2}.*\n(?:(?:\t|#).*\n)*/gm) ?? [];
    return sections.join("").replaceAll(/^(?:\t\t|#).*\n/gm, "");
  }
  return text;
}

/** Nodes of /dev that a probe looks for; others may be named by people (volume groups, disks by label). */
const DEVICE_NODES =
  /^(?:kfd|dri|nvidia|davinci|bm-|bmdev|biren|mtgpu|cambricon|iluvatar|itrctl|mx[cng]d|xpu|alixpu|accel|fastrpc)/;

/** A folder's names: of the large ones only what a probe looks for. */
export function keepNames(path: string, names: readonly string[]): readonly string[] {
  if (path === "/dev") return names.filter((name) => DEVICE_NODES.test(name));
  if (/system32$/i.test(path)) return names.filter((name) => /^vulkan-1\.dll$/i.test(name));
  return names;
}

/** A variable's value: of an address the port. */
export function keepVariable(name: string, value: string): string {
  return name === "OLLAMA_HOST" ? (/:\d{1,5}\/?$/.exec(value)?.[0] ?? "") : value;
}

const MODEL_KEYS = ["id", "name", "model", "owned_by", "state"] as const;

/** A server's answer: versions, and the names and states of models. */
export function keepAnswer(body: string): string {
  const value = asObject(parseJson(body));
  const kept: Record<string, unknown> = {};
  for (const key of ["version", "build_info"]) {
    const text = asText(value[key]);
    if (text !== null) kept[key] = text;
  }
  if (value["lmstudio"] === true) kept["lmstudio"] = true;
  for (const key of ["data", "models"]) {
    if (Array.isArray(value[key])) kept[key] = asObjects(value[key]).map(keepModel);
  }
  return JSON.stringify(kept);
}

function keepModel(model: JsonObject): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const key of MODEL_KEYS) {
    const text = asText(model[key]);
    if (text !== null) kept[key] = text;
  }
  // That there is a remote host counts, not which.
  const remote = asText(model["remote_host"]) ?? asText(model["remote_model"]);
  return remote === null ? kept : { ...kept, remote_host: "remote" };
}
