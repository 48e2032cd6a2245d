import { readFile } from "node:fs/promises";
import { writeSparseGguf } from "@qwq-fit/models/node";
import type { ModelEntry } from "@qwq-fit/schema";

/** A catalogue model of recurrent layers with full attention in every fourth. */
const HYBRID = new URL("../../../../profiles/models/Qwen/Qwen3.5-27B.json", import.meta.url);
const VOCABULARY = 1024;

/** Writes a model of 4 MB with Qwen3.5's own kinds of layers and random weights: what it says means nothing, but depends on all it read. */
export async function writeSmallHybrid(file: string): Promise<void> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of this repository, held by its own tests
  const entry = JSON.parse(await readFile(HYBRID, "utf8")) as ModelEntry;
  const hyperparameters = {
    ...entry.hyperparameters,
    // Four blocks and the one that foretells the next token.
    block_count: 5,
    embedding_length: 256,
    feed_forward_length: 512,
    "attention.head_count": 4,
    "attention.head_count_kv": 2,
    "attention.key_length": 64,
    "attention.value_length": 64,
    "rope.dimension_count": 16,
    "rope.dimension_sections": [2, 3, 3, 0],
    "ssm.state_size": 32,
    "ssm.group_count": 4,
    "ssm.time_step_rank": 8,
    "ssm.inner_size": 256,
  };
  const small = { ...entry, hyperparameters, vocabularySize: VOCABULARY };
  await writeSparseGguf(file, small, { quantization: "Q8_0", fill: "random", seed: 3 });
}
