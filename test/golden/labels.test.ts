import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { resolveHardware } from "@qwq-fit/planner";
import { type Catalog, GiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { compileCatalog } from "../../packages/qwq-fit/src/catalog/compile-catalog.ts";
import { root } from "../support/repository.ts";

/** As people, tools and benchmark tables write them. */
const labels = `
Mac mini M4 16GB; Mac mini M4 Pro 24GB; Mac mini; Mac mini M4 48GB; Mac Studio M3 Ultra 512GB; 2x Mac Studio 512GB
Apple M4 Max 40c 64GB; M4Pro; M3 Max 36GB; MacBook Pro M3 Max 128GB; Apple M1 (7c GPU) 8GB; Apple M4 10c 16GB (Mac mini)
RTX 3090; rtx3090; 3090; 2x RTX 3090; 2xRTX3090; dual 3090; RTX 3090 x4; RTX 4090 + 64GB RAM; 4x RTX 4090 + 4x RTX 4080
GeForce RTX 3070 Mobile; RTX 4090 Laptop; RTX 2070 Max-Q; RTX 3080 12GB; RTX 3060 8GB; NVIDIA GeForce RTX 4080 SUPER
A100; A100 80GB; A100 PCIe 80GB; NVIDIA A100 80GB PCIe; 8x H100; NVIDIA H100 80GB HBM3; H200 SXM5; 4x Tesla T4; NVIDIA A10G; V100
RTX 6000 Ada 48GB; RTX A6000 48GB; RTX PRO 6000 96GB; Quadro RTX 5000; Quadro P2000; NVIDIA GB10; DGX Spark; Jetson AGX Orin
RX 7900 XTX; 7900XTX; RX 7900 XT x2; Radeon AI PRO R9700 32GB; AMD Instinct MI300X OAM; Radeon 780M iGPU; Strix Halo 128GB
Ryzen AI Max+ 395 (Strix Halo) [CPU]; Ryzen 9 7950X 128GB; EPYC 9654 768GB RAM; Core i5-10600K CPU; Intel N150 CPU 16GB
Raspberry Pi 5 16GB CPU; Threadripper 3970X CPU; AmpereOne A192-32X CPU 512GB; Snapdragon X Elite 32GB; Arc Pro B70 32GB; Arc B580
Atlas 300I Duo; 310P3; 910B2; 8x 910B; 2x 8x 910B; Ascend 910C 128GB; Sophgo SC7-HP75; BM1684X; Biren106M; MTT S4000
MLU370-X8; K100_AI; MXC500; BI-V150; PPU-ZW810E; ml.g5.xlarge; ml.p5.48xlarge; RTX 9999; GTX 780; banana
`
  .split(/[;\n]/u)
  .map((label) => label.trim())
  .filter((label) => label !== "");

function line(label: string, catalog: Catalog): string {
  const found = resolveHardware(label, catalog);
  if (found.kind === "ambiguous") return `${label} ? ${found.candidates.join(" | ")}`;
  if (found.kind === "unknown") return `${label} ! ${found.near.join(" | ")}`;
  const { devices, memory, cpu, hostCount } = found.hardware;
  const kinds = [...new Set(devices.map(({ catalogId }) => catalogId))].map((id) => {
    const same = devices.filter(({ catalogId }) => catalogId === id);
    const [first] = same;
    const size = ((first?.memoryBytes ?? 0) / GiB).toFixed(1);
    const speed = Math.round((first?.bandwidthBytesPerSecond?.value ?? 0) / 1e9);
    return `${same.length} ${id} of ${size} GiB, ${speed} GB/s`;
  });
  const host = `host ${memory.totalBytes / GiB} GiB, ${cpu.name}`;
  return `${label} = ${hostCount > 1 ? `${hostCount} times ` : ""}${[...kinds, host].join("; ")}`;
}

test("labels mean what they meant before", async () => {
  const catalog = compileCatalog(join(root, "profiles"));
  const table = labels.map((label) => line(label, catalog)).join("\n");
  await expect(`${table}\n`).toMatchFileSnapshot("labels.txt");
});

const measurements = join(root, "profiles", "measurements");

describe.skipIf(!existsSync(measurements))("measurements", () => {
  test("every measured machine has a name that resolves", async () => {
    const catalog = compileCatalog(join(root, "profiles"));
    const files = readdirSync(measurements).filter((name) => name.endsWith(".json"));
    const named = files.flatMap((name) => {
      const value: unknown = JSON.parse(readFileSync(join(measurements, name), "utf8"));
      return Array.isArray(value) ? value : [];
    });
    const machines = new Set(
      named.flatMap((row: { hardware?: unknown }) =>
        typeof row.hardware === "string" ? [row.hardware] : [],
      ),
    );
    const unresolved = [...machines].filter(
      (label) => resolveHardware(label, catalog).kind !== "resolved",
    );
    expect(unresolved).toEqual([]);
  });
});
