import { QwqError } from "@qwq-fit/schema";

/** Sites that hold repositories of models. */
export type HubName = "huggingface" | "modelscope";

/** What a person named. */
export type ModelReference =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "url"; readonly url: string }
  | {
      readonly kind: "repository";
      /** Null where only "org/repo" was given: both hubs may be asked. */
      readonly hub: HubName | null;
      readonly repository: string;
      readonly revision: string | null;
      readonly quantization: string | null;
      /** One file of it, where the reference named one. */
      readonly file: string | null;
    };

/** Letters that both hubs allow in names; no part may be dots alone. */
const NAME = "[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?";
const REPOSITORY: RegExp = new RegExp(
  `^(${NAME}/${NAME})(?:@([A-Za-z0-9._-]+))?(?:/([^:?#]+\\.gguf))?(?::([A-Za-z0-9_.-]+))?$`,
);

const HUB_HOSTS: Readonly<Record<string, HubName>> = {
  "huggingface.co": "huggingface",
  "www.huggingface.co": "huggingface",
  "hf.co": "huggingface",
  "modelscope.cn": "modelscope",
  "www.modelscope.cn": "modelscope",
};

const SCHEMES: readonly (readonly [string, HubName | null])[] = [
  ["hf:", "huggingface"],
  ["huggingface:", "huggingface"],
  ["hf.co/", "huggingface"],
  ["huggingface.co/", "huggingface"],
  ["modelscope:", "modelscope"],
  ["ms:", "modelscope"],
  ["modelscope.cn/models/", "modelscope"],
];

/**
 * What a reference names: `hf:org/repo[@revision][/file.gguf][:quantization]`, `modelscope:…`,
 * `org/repo[:quantization]`, an address of either hub, the http(s) address of a GGUF file, or a path.
 *
 * @throws QwqError `usage` for one that is none of these.
 */
export function parseReference(text: string): ModelReference {
  const reference = text.trim();
  if (/^https?:\/\//i.test(reference)) return fromUrl(reference);
  const scheme = SCHEMES.find(([prefix]) => reference.toLowerCase().startsWith(prefix));
  if (scheme !== undefined) return fromName(reference.slice(scheme[0].length), scheme[1], text);
  if (isPath(reference)) return { kind: "file", path: reference };
  return fromName(reference, null, text);
}

function isPath(text: string): boolean {
  if (/^(?:\.{0,2}[/\\]|~[/\\]|[A-Za-z]:[/\\])/.test(text)) return true;
  return /\.gguf$/i.test(text) && !REPOSITORY.test(text);
}

function fromName(name: string, hub: HubName | null, text: string): ModelReference {
  const match = REPOSITORY.exec(name);
  const repository = match?.[1];
  if (match === null || repository === undefined) {
    throw new QwqError("usage", `"${text}" names no model`, {
      hint: "Give hf:org/repo, org/repo:Q4_K_M, modelscope:org/repo, the address of a .gguf file, or a path.",
    });
  }
  return {
    kind: "repository",
    hub,
    repository,
    revision: match[2] ?? null,
    quantization: match[4] ?? null,
    file: match[3] ?? null,
  };
}

/** An address of a hub, to a repository or to a file in it; any other is of a file. */
function fromUrl(text: string): ModelReference {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new QwqError("usage", `"${text}" is no address`, { cause: error });
  }
  if (url.username !== "" || url.password !== "") {
    throw new QwqError("usage", "the address holds a name or a password", {
      hint: "Set HF_TOKEN instead: secrets do not belong into addresses.",
    });
  }
  const hub = HUB_HOSTS[url.hostname.toLowerCase()];
  if (hub === undefined) return { kind: "url", url: url.href };
  const parts = url.pathname.split("/").filter((part) => part !== "");
  if (hub === "modelscope" && parts[0] === "models") parts.shift();
  const [owner, name, verb, revision, ...path] = parts.map((part) => decodeURIComponent(part));
  const named = fromName(`${owner ?? ""}/${name ?? ""}`, hub, text);
  if (named.kind !== "repository" || verb === undefined) return named;
  const file = path.join("/");
  return {
    ...named,
    revision: revision ?? null,
    file: /\.gguf$/i.test(file) ? file : null,
  };
}
