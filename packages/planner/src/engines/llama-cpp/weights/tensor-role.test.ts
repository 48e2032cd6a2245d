import { expect, test } from "vitest";

import { tensorRole } from "./tensor-role.ts";

test.each([
  ["token_embd.weight", "input", "GET_ROWS"],
  ["output.weight", "output", "MUL_MAT"],
  ["output_norm.weight", "output", "MUL"],
  ["blk.7.attn_q.weight", 7, "MUL_MAT"],
  ["blk.7.attn_q.bias", 7, "ADD"],
  ["blk.7.attn_q_norm.weight", 7, "MUL"],
  ["blk.12.ffn_down_exps.weight", 12, "MUL_MAT_ID"],
  ["blk.12.exp_probs_b.bias", 12, "ADD"],
  ["blk.0.ssm_conv1d.weight", 0, "SSM_CONV"],
  ["blk.0.ssm_a", 0, "MUL"],
  ["rope_freqs.weight", 0, "ROPE"],
])("%s stands at %s and is used by %s", (name, layer, operation) => {
  expect(tensorRole(name)).toEqual({ layer, operation });
});
