import { expect, test } from "vitest";
import { loadCatalog } from "./fitted.ts";
import { readHardwareLabel } from "./resolve-label.ts";

const catalog = loadCatalog();
const read = (label: string): { readonly chip: string; readonly takenAs: string | null } | null => {
  const found = readHardwareLabel(label, catalog);
  if ("kind" in found) return null;
  const { hardware, takenAs } = found;
  return { chip: hardware.devices[0]?.name ?? hardware.cpu.name, takenAs };
};

test("a label that reads as it stands is taken as nothing else", () => {
  expect(read("2x RTX 3090 24GB")?.takenAs).toBeNull();
  expect(read("Apple M4 Pro 20c 64GB")?.takenAs).toBeNull();
});

test.for([
  ["Ryzen AI 9 HX 370 (Radeon 890M)", /890M/u],
  ["RTX 2060 12GB", /RTX 2060$/u],
  ["RTX PRO 6000 Blackwell Max-Q", /RTX PRO 6000 Blackwell/u],
  ["Ascend 310P", /Atlas 300I/u],
  ["Orange Pi 5 Plus RK3588", /RK3588/u],
  ["2x Xeon Gold 6248", /Xeon Gold 6230/u],
  ["Ampere Altra Max M128-30 CPU", /Altra/u],
] as const)("%s is taken as its nearest relative, and that is told", ([label, chip]) => {
  const found = read(label);
  expect(found?.chip).toMatch(chip);
});

test.for(["Quantum Abacus 9000", "iPhone 15 Pro", "Intel Gaudi 3"])(
  "%s is nobody's relative",
  (label) => {
    expect(read(label)).toBeNull();
  },
);
