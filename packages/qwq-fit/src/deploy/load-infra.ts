import { readFile } from "node:fs/promises";
import { QwqError } from "@qwq-fit/schema";

/**
 * A text of infra/, as it was shipped: `infra/…` beside the bundle, put there by the build; run from source, the file
 * itself.
 *
 * @param path - From infra/: "aws/templates/sagemaker-vllm.json".
 * @throws {QwqError} `internal` where it is in neither place.
 */
export async function loadInfra(path: string): Promise<string> {
  for (const base of ["./infra/", "../../../../infra/"]) {
    try {
      return await readFile(new URL(base + path, import.meta.url), "utf8");
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
  throw new QwqError("internal", `infra/${path} is not there`);
}
