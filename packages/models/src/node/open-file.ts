import { open, readdir } from "node:fs/promises";
import path from "node:path";

import type { ModelProfile } from "@qwq-fit/schema";
import { QwqError } from "@qwq-fit/schema";

import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { readGgufHeader } from "../gguf/read-header.ts";
import { modelFromGguf } from "../profile/from-gguf.ts";
import { splitSiblings } from "../profile/split-files.ts";

/** An open file; close it. */
export interface FileSource extends ByteSource {
  readonly size: number;
  close(): Promise<void>;
}

/** Opens a file for reading in ranges. @throws QwqError `file_not_found` where it cannot be opened. */
export async function openFile(file: string): Promise<FileSource> {
  try {
    const handle = await open(file, "r");
    const status = await handle.stat();
    if (!status.isFile()) {
      await handle.close();
      throw new TypeError("no regular file");
    }
    const { size } = status;
    return {
      name: file,
      size,
      read: async (offset, length) => {
        const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
        let held = 0;
        while (held < bytes.length) {
          const { bytesRead } = await handle.read(bytes, held, bytes.length - held, offset + held);
          if (bytesRead === 0) break;
          held += bytesRead;
        }
        return bytes.subarray(0, held);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    throw new QwqError("file_not_found", `cannot open ${file}`, {
      cause: error,
      hint: "Check the path, and that you may read the file.",
    });
  }
}

/**
 * The model in a GGUF file on this machine; of a split one, name any of its files.
 *
 * @throws QwqError `file_not_found`, `invalid_gguf`, `unsupported_model`.
 */
export async function readModelFile(file: string): Promise<ModelProfile> {
  const headers: GgufHeader[] = [];
  const absolute = path.resolve(file);
  for (const sibling of splitSiblings(absolute)) headers.push(await readHeader(sibling));
  const model = modelFromGguf(headers, file);
  return { ...model, projector: await findProjector(path.dirname(absolute)) };
}

/** The multimodal projector beside a model, where there is exactly one and it is one. */
async function findProjector(directory: string): Promise<ModelProfile["projector"]> {
  const names = await readdir(directory);
  const found = names.filter((name) => /mmproj[^/]*\.gguf$/i.test(name));
  const [only] = found;
  if (only === undefined || found.length > 1) return null;
  const location = path.join(directory, only);
  try {
    const header = await readHeader(location);
    const isProjector = header.metadata.get("general.architecture") === "clip";
    return isProjector ? { bytes: header.fileBytes, location } : null;
  } catch (error) {
    if (QwqError.is(error)) return null;
    throw error;
  }
}

async function readHeader(file: string): Promise<GgufHeader> {
  const source = await openFile(file);
  try {
    return await readGgufHeader(source);
  } finally {
    await source.close();
  }
}
