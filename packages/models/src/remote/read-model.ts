import type { ModelProfile } from "@qwq-fit/schema";
import { QwqError } from "@qwq-fit/schema";

import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { readGgufHeader } from "../gguf/read-header.ts";
import { modelFromGguf } from "../profile/from-gguf.ts";
import { splitSiblings } from "../profile/split-files.ts";
import { ggufFiles } from "./gguf-files.ts";
import { shownUrl } from "./http-client.ts";
import type { Repository } from "./hub.ts";
import { openRepository } from "./hub.ts";
import { serverIsAway } from "./offline.ts";
import type { ModelPorts } from "./ports.ts";
import { openRemote } from "./range-source.ts";
import { readGgufRepository } from "./read-gguf-repository.ts";
import { readSafetensorsRepository } from "./read-safetensors-repository.ts";
import type { HubName, ModelReference } from "./reference.ts";
import { parseReference } from "./reference.ts";

/**
 * The model that a reference names (see {@link parseReference}), read from its headers alone:
 * a few MiB at most, kept in the cache, so that a second look works offline.
 *
 * A repository is asked of Hugging Face first; of ModelScope where that is away, or has it not and
 * the reference did not insist.
 *
 * @throws QwqError `usage`, `file_not_found`, `unknown_model`, `invalid_gguf`, `unsupported_model`,
 *   `unauthorized`, `forbidden`, `network`, `timeout`, `rate_limited`, `upstream_error`, `protocol_error`.
 */
export async function readModel(reference: string, ports: ModelPorts): Promise<ModelProfile> {
  const parsed = parseReference(reference);
  switch (parsed.kind) {
    case "file":
      return readFiles(ports, parsed.path);
    case "url":
      return readUrl(ports, parsed.url);
    case "repository":
      return readRepository(ports, parsed);
    default:
      throw new QwqError("internal", "a reference of unknown kind");
  }
}

async function readFiles(ports: ModelPorts, path: string): Promise<ModelProfile> {
  const { openFile } = ports;
  if (openFile === undefined) {
    throw new QwqError("usage", `${path} is a path, and there are no files here`, {
      hint: "Give hf:org/repo or the address of a .gguf file.",
    });
  }
  const headers: GgufHeader[] = [];
  for (const sibling of splitSiblings(path)) {
    const source = await openFile(sibling);
    try {
      headers.push(await readGgufHeader(source));
    } finally {
      await source.close();
    }
  }
  return modelFromGguf(headers, path);
}

async function readUrl(ports: ModelPorts, url: string): Promise<ModelProfile> {
  const target = new URL(url);
  const headers: GgufHeader[] = [];
  for (const pathname of splitSiblings(target.pathname)) {
    const sibling = new URL(target);
    sibling.pathname = pathname;
    const source: ByteSource = await openRemote(ports, { url: sibling.href });
    headers.push(await readGgufHeader(source));
  }
  // Signed addresses hold a secret in their query.
  return modelFromGguf(headers, shownUrl(url));
}

export type RepositoryReference = Extract<ModelReference, { kind: "repository" }>;

async function readRepository(
  ports: ModelPorts,
  reference: RepositoryReference,
): Promise<ModelProfile> {
  const repository = await findRepository(ports, reference);
  const wanted = { quantization: reference.quantization, file: reference.file };
  const hasGguf = ggufFiles(repository.files).length > 0;
  if (hasGguf || wanted.file !== null || wanted.quantization !== null) {
    return readGgufRepository(ports, repository, wanted);
  }
  return readSafetensorsRepository(ports, repository);
}

/** Faults after which the other hub may still have the model, if the reference did not insist on one. */
const NOT_THERE: ReadonlySet<string> = new Set(["unknown_model", "unauthorized"]);

/** The repository on the hub that has it. @throws QwqError as {@link readModel} does. */
export async function findRepository(
  ports: ModelPorts,
  reference: RepositoryReference,
): Promise<Repository> {
  const first: HubName = reference.hub ?? "huggingface";
  try {
    return await openRepository(ports, first, reference.repository, reference.revision);
  } catch (error) {
    const mayBeElsewhere =
      reference.hub === null && QwqError.is(error) && NOT_THERE.has(error.code);
    if (first === "modelscope" || !(mayBeElsewhere || serverIsAway(error))) throw error;
    try {
      return await openRepository(ports, "modelscope", reference.repository, null);
    } catch {
      // The first hub's fault tells more of what was asked for.
      throw error;
    }
  }
}
