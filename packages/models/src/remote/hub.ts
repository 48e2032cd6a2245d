import { fetchDocument } from "./documents.ts";
import { protocolFault } from "./http-client.ts";
import { fieldsOf, listField, numberField, textField } from "./json-value.ts";
import type { ModelPorts } from "./ports.ts";
import type { RemoteFile } from "./range-source.ts";
import type { HubName } from "./reference.ts";

/** A file of a repository, as its hub lists it. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string | null;
}

/** A repository at one revision on one hub. */
export interface Repository {
  readonly hub: HubName;
  readonly name: string;
  readonly files: readonly HubFile[];
  /** Where a file of it is fetched. */
  readonly locate: (path: string) => RemoteFile;
}

/** A repository as a reference that can be given again: "hf:Qwen/QwQ-32B". */
export function repositoryLocation(repository: Pick<Repository, "hub" | "name">): string {
  return `${repository.hub === "huggingface" ? "hf" : "modelscope"}:${repository.name}`;
}

/** A repository of so many pages of a thousand files is not for planning. */
const PAGES = 20;

/** How a hub is asked: where, with which token, and how it lists files. */
interface Hub {
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly defaultRevision: string;
  readonly listing: (repository: string, revision: string) => string;
  readonly address: (repository: string, revision: string, path: string) => string;
  /** Of one page of the listing. */
  readonly files: (page: unknown) => HubFile[] | null;
}

/**
 * Lists a repository's files. @throws QwqError `unknown_model` where the hub does not have it,
 * `protocol_error` for a listing that is none; as `get` does.
 */
export async function openRepository(
  ports: ModelPorts,
  hubName: HubName,
  name: string,
  revision: string | null,
): Promise<Repository> {
  const hub = hubName === "huggingface" ? huggingFace(ports) : modelScope(ports);
  const at = revision ?? hub.defaultRevision;
  const files: HubFile[] = [];
  let url: string | null = hub.listing(name, at);
  for (let page = 0; url !== null && page < PAGES; page++) {
    const document = await fetchDocument(ports, { url, token: hub.token });
    const listed = hub.files(document.value);
    if (listed === null) throw protocolFault(url, "sends no list of files");
    files.push(...listed);
    url = document.next;
  }
  return {
    hub: hubName,
    name,
    files,
    locate: (path) => ({ url: hub.address(name, at, encodePath(path)), token: hub.token }),
  };
}

/** huggingface.co/docs/hub/api: the tree of a repository, and where its files are resolved. */
function huggingFace(ports: ModelPorts): Hub {
  const endpoint = trimmed(ports.environment.HF_ENDPOINT, "https://huggingface.co");
  return {
    endpoint,
    token: ports.environment.HF_TOKEN,
    defaultRevision: "main",
    listing: (name, revision) =>
      `${endpoint}/api/models/${name}/tree/${encodeURIComponent(revision)}?recursive=true`,
    address: (name, revision, path) =>
      `${endpoint}/${name}/resolve/${encodeURIComponent(revision)}/${path}`,
    files: (page) => {
      if (!Array.isArray(page)) return null;
      const entries: readonly unknown[] = page;
      return entries
        .filter((entry) => textField(entry, "type") === "file")
        .flatMap((entry) =>
          hubFile(entry, "path", "size", textField(fieldsOf(entry)["lfs"], "oid")),
        );
    },
  };
}

/** modelscope.cn: the same of ModelScope's API, as its SDK asks it (modelscope/hub/api.py). */
function modelScope(ports: ModelPorts): Hub {
  const endpoint = trimmed(ports.environment.MODELSCOPE_ENDPOINT, "https://modelscope.cn");
  return {
    endpoint,
    token: ports.environment.MODELSCOPE_API_TOKEN,
    defaultRevision: "master",
    listing: (name, revision) =>
      `${endpoint}/api/v1/models/${name}/repo/files?Revision=${encodeURIComponent(revision)}&Recursive=true`,
    address: (name, revision, path) =>
      `${endpoint}/models/${name}/resolve/${encodeURIComponent(revision)}/${path}`,
    files: (page) => {
      const data = fieldsOf(page)["Data"];
      if (!("Files" in fieldsOf(data))) return null;
      return listField(data, "Files")
        .filter((entry) => textField(entry, "Type") === "blob")
        .flatMap((entry) => hubFile(entry, "Path", "Size", textField(entry, "Sha256")));
    },
  };
}

function hubFile(
  entry: unknown,
  pathKey: string,
  sizeKey: string,
  sha256: string | null,
): HubFile[] {
  const path = textField(entry, pathKey);
  if (path === null) return [];
  return [
    {
      path,
      bytes: Math.max(numberField(entry, sizeKey) ?? 0, 0),
      sha256: sha256 !== null && /^[0-9a-f]{64}$/i.test(sha256) ? sha256.toLowerCase() : null,
    },
  ];
}

function trimmed(endpoint: string | undefined, fallback: string): string {
  const chosen = endpoint === undefined || endpoint === "" ? fallback : endpoint;
  return chosen.replace(/\/+$/, "");
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
