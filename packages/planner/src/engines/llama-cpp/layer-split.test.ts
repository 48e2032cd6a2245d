import { describe, expect, test } from "vitest";

import type { DeviceRules } from "./device-rules.ts";
import { HOST, splitLayers } from "./layer-split.ts";

const device = (freeBytes: number): DeviceRules => ({
  id: `nvidia:${freeBytes}`,
  backend: "cuda",
  freeBytes,
  alignmentBytes: 128,
  maxBufferBytes: Number.MAX_SAFE_INTEGER,
  maxTensorBytes: Number.MAX_SAFE_INTEGER,
  pinnedHost: null,
  mapsFile: false,
  offloadTokens: 32,
  allocation: "cuda",
  pipelines: true,
  order: "as-built",
});

describe("splitLayers", () => {
  test("offloads from the end, the head first", () => {
    expect(splitLayers(4, 2, [device(1)])).toEqual({ blocks: [HOST, HOST, HOST, 0], output: 0 });
    expect(splitLayers(4, 5, [device(1)])).toEqual({ blocks: [0, 0, 0, 0], output: 0 });
    expect(splitLayers(4, 99, [device(1)])).toEqual({ blocks: [0, 0, 0, 0], output: 0 });
  });

  test("keeps everything on a host without devices", () => {
    expect(splitLayers(2, 99, [])).toEqual({ blocks: [HOST, HOST], output: HOST });
  });

  test("shares by free memory", () => {
    expect(splitLayers(7, 8, [device(3), device(1)])).toEqual({
      blocks: [0, 0, 0, 0, 0, 0, 1],
      output: 1,
    });
  });
});
