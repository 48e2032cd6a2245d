import { GiB } from "@qwq-fit/schema";
import type { DeviceMemory } from "@qwq-fit/schema";
import { createColors } from "picocolors";
import { describe, expect, test } from "vitest";
import { memoryBar } from "./memory-bar.ts";
import { drawSheet, joinPhrases } from "./sheet.ts";
import { drawTable } from "./table.ts";
import { widthOf } from "./width.ts";

const terminal = { colours: createColors(false), columns: 40 };

describe("drawTable", () => {
  test("numbers stand to the right, a long name is broken", () => {
    const rows = [
      ["a machine with a very long name indeed", "24", "$1"],
      ["short", "8", "$1,999"],
    ];
    expect(drawTable(["Machine", "GiB", "Price"], rows, terminal)).toBe(
      [
        "Machine                      GiB   Price",
        "a machine with a very long    24      $1",
        "name indeed",
        "short                          8  $1,999",
        "",
      ].join("\n"),
    );
  });
});

describe("drawSheet", () => {
  test("labels stand in one column, phrases are held together", () => {
    const phrases = joinPhrases(["one phrase", "another phrase", "a third phrase"]);
    const rows = [{ label: "内存", lines: [phrases] }, null, { label: "Long", lines: ["x"] }];
    expect(drawSheet(rows, terminal)).toBe(
      ["内存  one phrase · another phrase", "      a third phrase", "", "Long  x", ""].join("\n"),
    );
  });
});

describe("memoryBar", () => {
  const memory = (totalBytes: number, budgetBytes: number): DeviceMemory => ({
    device: "host",
    weightsBytes: totalBytes / 2,
    repackedBytes: 0,
    kvCacheBytes: totalBytes / 4,
    computeBytes: totalBytes / 4,
    outputBytes: 0,
    overheadBytes: 0,
    totalBytes,
    budgetBytes,
  });

  test("the bar is the budget, its parts the memory's", () => {
    expect(memoryBar(memory(8 * GiB, 16 * GiB), 16, createColors(false))).toBe("████▓▓▒▒░░░░░░░░");
  });

  test.for([
    [0, 0],
    [1, 16 * GiB],
    [20 * GiB, 16 * GiB],
  ] as const)("%d of %d bytes is as wide as any", ([total, budget]) => {
    expect(widthOf(memoryBar(memory(total, budget), 20, createColors(false)))).toBe(20);
  });
});
