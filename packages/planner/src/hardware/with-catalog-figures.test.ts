import { type Catalog, GiB, type HardwareEntry } from "@qwq-fit/schema";
import { expect, test } from "vitest";

import { exampleGpu, exampleMachine } from "../fit/example-values.ts";
import { withCatalogFigures } from "./with-catalog-figures.ts";

const entry = (id: string, name: string, change: Partial<HardwareEntry>): HardwareEntry => ({
  id,
  name,
  aliases: [],
  vendor: "NVIDIA",
  kind: "gpu",
  backends: [],
  memoryBytes: [],
  unified: false,
  bandwidthBytesPerSecond: null,
  bandwidthByMemory: [],
  tensorFp16Flops: null,
  shaderFp16Flops: null,
  int8Ops: null,
  loadWatts: null,
  priceUsd: null,
  priceCny: null,
  year: null,
  devices: [],
  cores: null,
  chipsPerCard: 1,
  family: "test",
  notes: [],
  ...change,
});

const figure = (value: number): { value: number; source: string } => ({ value, source: "test" });

const catalog: Catalog = {
  schemaVersion: 1,
  models: [],
  hardware: [
    entry("rtx-3080", "NVIDIA GeForce RTX 3080", {
      memoryBytes: [10 * GiB, 12 * GiB],
      bandwidthBytesPerSecond: figure(760e9),
      bandwidthByMemory: [{ memoryBytes: 12 * GiB, bandwidthBytesPerSecond: figure(912e9) }],
      tensorFp16Flops: figure(119e12),
      loadWatts: figure(350),
    }),
    entry("duo", "Huawei Atlas 300I Duo", {
      vendor: "Huawei",
      aliases: ["310P3"],
      memoryBytes: [96 * GiB],
      chipsPerCard: 2,
      bandwidthBytesPerSecond: figure(408e9),
    }),
    entry("i9", "Intel Core i9-14900K", {
      vendor: "Intel",
      kind: "cpu",
      aliases: ["Core i9-13900K"],
      bandwidthBytesPerSecond: figure(89.6e9),
    }),
    entry("m3-max", "Apple M3 Max", {
      vendor: "Apple",
      kind: "soc",
      unified: true,
      memoryBytes: [36 * GiB, 64 * GiB],
      bandwidthBytesPerSecond: figure(400e9),
      bandwidthByMemory: [{ memoryBytes: 36 * GiB, bandwidthBytesPerSecond: figure(300e9) }],
    }),
  ],
  tokenPrices: [],
  instancePrices: [],
  electricityUsdPerKwh: figure(0.17),
};

const probed = { bandwidthBytesPerSecond: null, tensorFp16Flops: null } as const;

test("a probed card is told apart by the memory that the tool saw", () => {
  const seen = (gib: number): ReturnType<typeof withCatalogFigures> =>
    withCatalogFigures(
      exampleMachine(32, [exampleGpu(gib, { ...probed, name: "NVIDIA GeForce RTX 3080" })]),
      catalog,
    );
  expect(seen(10).devices[0]).toMatchObject({
    catalogId: "rtx-3080",
    bandwidthBytesPerSecond: { value: 760e9 },
    tensorFp16Flops: { value: 119e12 },
  });
  expect(seen(12).devices[0]?.bandwidthBytesPerSecond?.value).toBe(912e9);
  expect(seen(10).power.loadWatts?.value).toBe(350);
});

test("a chip of a card has its share of the card's figures", () => {
  const chip = { ...probed, vendor: "Huawei", name: "310P3", kind: "npu" } as const;
  const { devices } = withCatalogFigures(exampleMachine(32, [exampleGpu(43, chip)]), catalog);
  expect(devices[0]).toMatchObject({ catalogId: "duo", bandwidthBytesPerSecond: { value: 204e9 } });
});

test("a chip with the machine's memory is told apart by the machine's", () => {
  const mac = exampleMachine(36, [
    exampleGpu(24, { ...probed, vendor: "Apple", name: "Apple M3 Max", unified: true }),
  ]);
  const { devices, cpu } = withCatalogFigures(
    { ...mac, cpu: { ...mac.cpu, name: "Apple M3 Max", bandwidthBytesPerSecond: null } },
    catalog,
  );
  expect(devices[0]?.bandwidthBytesPerSecond?.value).toBe(300e9);
  expect(cpu.bandwidthBytesPerSecond?.value).toBe(300e9);
});

test.each([
  ["13th Gen Intel(R) Core(TM) i9-13900K", 89.6e9],
  ["Intel(R) Core(TM) i9-14900K CPU @ 3.20GHz", 89.6e9],
  ["Intel(R) Xeon(R) Processor", undefined],
])("%s", (name, bandwidth) => {
  const machine = exampleMachine(32);
  const { cpu } = withCatalogFigures(
    { ...machine, cpu: { ...machine.cpu, name, bandwidthBytesPerSecond: null } },
    catalog,
  );
  expect(cpu.bandwidthBytesPerSecond?.value).toBe(bandwidth);
});

test("what the probe found out stays, and what nobody knows stays open", () => {
  const machine = exampleMachine(32, [
    exampleGpu(10, { name: "NVIDIA GeForce RTX 3080" }),
    exampleGpu(8, { ...probed, id: "nvidia:1", name: "NVIDIA Graphics Device" }),
  ]);
  const [known, unknown] = withCatalogFigures(machine, catalog).devices;
  expect(known?.bandwidthBytesPerSecond).toEqual(machine.devices[0]?.bandwidthBytesPerSecond);
  expect(unknown).toEqual(machine.devices[1]);
});
