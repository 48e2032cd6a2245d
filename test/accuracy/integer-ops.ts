import type { HardwareEntry } from "../../packages/schema/src/index.ts";

/**
 * Whole-number operations a second that a chip's shaders do: unpacking quantized weights is made of them, so
 * what a chip reads of its bandwidth falls where they are few for it. Stated throughput over what a
 * multiply-add in 16 bit counts beside one whole-number operation, by the makers' architecture papers:
 *
 * - Ampere and Ada (GA10x, AD10x): 128 lanes for floats, 64 for whole numbers; fp16 as fp32.
 * - Blackwell (GB20x): 128 lanes for either. Turing: 64 of each, fp16 at twice fp32, tensor cores at eight times.
 * - GA100: tensor cores at sixteen times fp32, 64 lanes of each.
 * - RDNA 3 and later: stated with two operations issued at once and two halves in a register.
 * - Apple: stated for fp32. Xe: fp16 at twice fp32.
 */
const rules: readonly {
  readonly family: RegExp;
  readonly figure: "shaderFp16Flops" | "tensorFp16Flops";
  readonly per: number;
}[] = [
  { family: /^(?:ampere|ada)$/, figure: "shaderFp16Flops", per: 4 },
  { family: /^(?:ampere|ada|turing|volta)$/, figure: "tensorFp16Flops", per: 16 },
  { family: /^ampere-hbm$/, figure: "tensorFp16Flops", per: 32 },
  { family: /^ampere-jetson$/, figure: "shaderFp16Flops", per: 8 },
  { family: /^blackwell/, figure: "shaderFp16Flops", per: 2 },
  { family: /^blackwell/, figure: "tensorFp16Flops", per: 8 },
  { family: /^rdna(?:3|35|4)/, figure: "shaderFp16Flops", per: 8 },
  { family: /^xe/, figure: "shaderFp16Flops", per: 4 },
  { family: /^(?:apple|adreno)/, figure: "shaderFp16Flops", per: 2 },
];

/**
 * fp32 TFLOPS without dual issue, where the catalogue states neither figure or one of another kind. From the
 * makers' data sheets as remembered, unverified; the lanes for whole numbers are half of it, on Hopper and
 * data-centre Blackwell a quarter.
 */
const shaderTeraflops: Readonly<Record<string, number>> = {
  "nvidia-geforce-gtx-1050-ti": 2.1,
  "nvidia-geforce-gtx-1060": 4.4,
  "nvidia-geforce-gtx-1070": 6.5,
  "nvidia-geforce-gtx-1070-ti": 8.2,
  "nvidia-geforce-gtx-1080": 8.9,
  "nvidia-geforce-gtx-1080-ti": 11.3,
  "nvidia-geforce-gtx-1650": 3,
  "nvidia-geforce-gtx-1650-super": 4.4,
  "nvidia-geforce-gtx-1660": 5,
  "nvidia-geforce-gtx-1660-super": 5,
  "nvidia-geforce-gtx-1660-ti": 5.4,
  "nvidia-p40": 11.8,
  "nvidia-quadro-p2000": 3,
  "nvidia-quadro-p400": 0.64,
  "nvidia-quadro-p5000": 8.9,
  "nvidia-quadro-p6000": 12.6,
  "nvidia-tesla-k80": 5.6,
  "nvidia-tesla-m40": 6.8,
  "nvidia-tesla-p100": 9.5,
  "nvidia-titan-xp": 12.1,
  "nvidia-gh200": 33.5,
  "nvidia-h100-nvl": 30,
  "nvidia-h100-pcie": 25.6,
  "nvidia-h100-sxm": 33.5,
  "nvidia-h20": 22,
  "nvidia-h200": 33.5,
  "nvidia-h800-sxm": 33.5,
  "nvidia-b200": 37,
  "nvidia-b300": 37,
  "amd-instinct-mi50-32gb": 13.3,
  "amd-instinct-mi60": 14.7,
  "amd-instinct-mi100": 23.1,
  "amd-instinct-mi210": 22.6,
  "amd-instinct-mi250": 45.3,
  "amd-instinct-mi250x": 47.9,
  "amd-instinct-mi300a": 61.3,
  "amd-instinct-mi300x": 81.7,
  "amd-instinct-mi325x": 81.7,
  "amd-instinct-mi350x": 72.1,
  "amd-instinct-mi355x": 78.6,
  "amd-radeon-680m": 3.4,
  "amd-radeon-760m": 2.7,
  "amd-radeon-840m": 1.5,
  "amd-radeon-860m": 3.1,
  "amd-radeon-880m": 4.5,
  "amd-radeon-890m-igpu": 5.9,
  "amd-radeon-pro-w6800": 17.8,
  "amd-radeon-pro-w7700": 14.1,
  "amd-radeon-pro-w7800": 22.6,
  "amd-radeon-rx-5700-xt": 9.8,
  "amd-radeon-rx-580": 6.2,
  "amd-radeon-rx-6600": 8.9,
  "amd-radeon-rx-6600-xt": 10.6,
  "amd-radeon-rx-6650-xt": 10.8,
  "amd-radeon-rx-6700-xt": 13.2,
  "amd-radeon-rx-6750-xt": 13.3,
  "amd-radeon-rx-6800": 16.2,
  "amd-radeon-rx-6800-xt": 20.7,
  "amd-radeon-rx-6900-xt": 23,
  "amd-radeon-rx-6950-xt": 23.7,
  "amd-radeon-rx-7600": 10.9,
  "amd-radeon-rx-7900m": 19.3,
  "amd-radeon-rx-vega-56": 10.5,
  "amd-radeon-rx-vega-64": 12.7,
  "amd-radeon-vii": 13.4,
  "amd-ryzen-ai-max-385": 11.5,
  "amd-ryzen-ai-max-390": 11.5,
  "intel-arc-140t": 4.6,
  "intel-arc-a310": 3.1,
  "intel-arc-a380": 4.2,
  "intel-arc-a580": 12.3,
  "intel-arc-graphics-meteor-lake": 4.6,
  "intel-arc-pro-a60": 10,
  "intel-core-ultra-7-258v-arc-140v": 4,
  "intel-iris-xe-graphics": 2.1,
  "qualcomm-snapdragon-x-plus": 3.8,
};

/** Whole-number operations a second of a chip; null where nothing is known of its shaders. */
export function integerOpsOf(entry: HardwareEntry): number | null {
  const listed = shaderTeraflops[entry.id];
  if (listed !== undefined) return (listed * 1e12) / 2;
  for (const { family, figure, per } of rules) {
    const stated = entry[figure]?.value;
    if (stated !== undefined && family.test(entry.family)) return stated / per;
  }
  return null;
}
