import { createHash } from "node:crypto";
import { basename } from "node:path";
import { QwqError } from "@qwq-fit/schema";

/** A file of a model at its hub. */
export interface SourceFile {
  /** In the repository, with "/". */
  readonly path: string;
  readonly url: string;
  /** Sent to that address alone; secrets go here. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number | null;
  /** Lower case hex. */
  readonly sha256: string | null;
}

/** A model to be pulled: one file, or all files of a split one, first file first. */
export interface ModelSource {
  /** As it was asked for: "hf:Qwen/QwQ-32B-GGUF:Q4_K_M". */
  readonly reference: string;
  readonly hub: "huggingface" | "modelscope" | null;
  /** "Qwen/QwQ-32B-GGUF"; null for a plain address. */
  readonly repository: string | null;
  readonly quantization: string | null;
  readonly license: string | null;
  readonly files: readonly SourceFile[];
}

/** A model behind a plain address. @throws QwqError `invalid_value`. */
export function sourceFromUrl(
  url: string,
  known: { readonly bytes?: number; readonly sha256?: string } = {},
): ModelSource {
  if (!URL.canParse(url)) throw new QwqError("invalid_value", "This is no address.");
  const { pathname } = new URL(url);
  const name = decodeURIComponent(basename(pathname));
  if (!name.toLowerCase().endsWith(".gguf")) {
    throw new QwqError("invalid_value", "The address is not of a .gguf file.");
  }
  return {
    reference: url,
    hub: null,
    repository: null,
    quantization: null,
    license: null,
    files: [
      {
        path: name,
        url,
        headers: {},
        bytes: known.bytes ?? null,
        sha256: known.sha256?.toLowerCase() ?? null,
      },
    ],
  };
}

/**
 * Where a file of a source lies below the store's directory. What a hub lists is not trusted: no part of a path may lead
 * elsewhere. @throws QwqError `invalid_value`.
 */
export function storePath(source: ModelSource, file: SourceFile): readonly string[] {
  const place =
    source.repository === null
      ? ["url", createHash("sha256").update(file.url).digest("hex").slice(0, 16)]
      : [source.hub ?? "other", ...source.repository.split("/")];
  const parts = [...place, ...file.path.split("/")];
  for (const part of parts) {
    // Also what Windows does not take, so that a store can be moved.
    if (part === "" || /^\.+$/u.test(part) || /[\\:*?"<>|\p{Cc}]/u.test(part)) {
      throw new QwqError("invalid_value", "The hub lists a file whose name cannot be used.", {
        details: { path: file.path },
      });
    }
  }
  return parts;
}
