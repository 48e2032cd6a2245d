import { QwqError } from "@qwq-fit/schema";

import { splitSiblings } from "../profile/split-files.ts";
import { chooseGguf, ggufFiles, quantizationOf } from "./gguf-files.ts";
import type { Repository } from "./hub.ts";
import type { ModelPorts } from "./ports.ts";
import { findRepository } from "./read-model.ts";
import type { HubName } from "./reference.ts";
import { parseReference } from "./reference.ts";

/** A model's file on a hub, as it can be fetched. */
export interface LocatedFile {
  /** In the repository, with "/". */
  readonly path: string;
  readonly url: string;
  /** For that address alone; undefined where it needs none. */
  readonly token: string | undefined;
  readonly bytes: number | null;
  readonly sha256: string | null;
}

/** Where the file of a model lies, or all files of a split one, first file first. */
export interface LocatedModel {
  readonly hub: HubName | null;
  readonly repository: string | null;
  readonly quantization: string | null;
  readonly files: readonly LocatedFile[];
}

/**
 * Where the GGUF files lie that a reference names; nothing of them is read. Without a quantization, the usual one of the
 * repository.
 *
 * @throws QwqError `usage` for a path, `unknown_model` where there is no such file, and as `readModel` does.
 */
export async function locateModel(reference: string, ports: ModelPorts): Promise<LocatedModel> {
  const parsed = parseReference(reference);
  if (parsed.kind === "file") {
    throw new QwqError("usage", `${parsed.path} is a path: it is here already`);
  }
  if (parsed.kind === "url") return behindAddress(parsed.url);
  const repository = await findRepository(ports, parsed);
  const found = ggufFiles(repository.files);
  const { quantization, files } = chooseGguf(repository.name, found, parsed);
  return {
    hub: repository.hub,
    repository: repository.name,
    quantization,
    files: files.map((file) => ({ ...file, ...addressOf(repository, file.path) })),
  };
}

function addressOf(repository: Repository, path: string): Pick<LocatedFile, "url" | "token"> {
  const { url, token } = repository.locate(path);
  return { url, token };
}

function behindAddress(address: string): LocatedModel {
  const { pathname } = new URL(address);
  const files = splitSiblings(pathname).map((path) => {
    const url = new URL(address);
    url.pathname = path;
    const name = decodeURIComponent(path.split("/").at(-1) ?? path);
    return { path: name, url: url.href, token: undefined, bytes: null, sha256: null };
  });
  const name = files[0]?.path ?? "";
  if (!/\.gguf$/i.test(name)) {
    throw new QwqError("invalid_value", "The address is not of a .gguf file.");
  }
  const quantization = quantizationOf(name);
  return {
    hub: null,
    repository: null,
    quantization: quantization === "UNKNOWN" ? null : quantization,
    files,
  };
}
