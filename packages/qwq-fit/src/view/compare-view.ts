import type { ComparedCase, Comparison, SourcedNumber } from "@qwq-fit/schema";
import type { Text } from "../text/text.ts";
import { explanationRows } from "./explanation-view.ts";
import { duration, gib, range, short, usd } from "./numbers.ts";
import { memoryName } from "./plan-lines.ts";
import { drawSheet, joinPhrases } from "./sheet.ts";
import type { Line, Row } from "./sheet.ts";
import type { Terminal } from "./terminal.ts";

/** "$1,399 · ¥10,999", with a mark where the figure is from memory. */
function pricePhrases({ priceUsd, priceCny }: ComparedCase, text: Text): string[] {
  const told = (price: SourcedNumber | null, sign: string): string[] =>
    price === null
      ? []
      : [`${sign}${short(price.value)}${price.unverified === true ? ` (${text.unverified})` : ""}`];
  const prices = [...told(priceUsd, "$"), ...told(priceCny, "¥")];
  return prices.length === 0 ? [text.noPrice] : prices;
}

function outcomeLines(one: ComparedCase, text: Text): (string | Line)[] {
  const { choice, shortfall, relative } = one;
  if (choice !== null) {
    const { totalBytes, budgetBytes, device } = choice.memory.devices.reduce((most, next) =>
      next.totalBytes > most.totalBytes ? next : most,
    );
    return [
      joinPhrases([
        choice.quantization,
        text.tokensPerSecond(range(choice.decodeTokensPerSecond)),
        duration(choice.timeToAnswerMs),
      ]),
      joinPhrases([
        text.ofMemory(gib(totalBytes), gib(budgetBytes), memoryName(device, text)),
        `${choice.engine} ${choice.backend}`,
      ]),
    ];
  }
  const missing =
    shortfall === null
      ? []
      : [
          text.missing(
            gib(shortfall.missingBytes),
            gib(shortfall.neededBytes),
            gib(shortfall.budgetBytes),
            memoryName(shortfall.device, text),
          ),
        ];
  const instead =
    relative === null
      ? []
      : [
          `${text.labels.instead}: ${text.relative(
            relative.id,
            relative.quantization,
            gib(relative.totalBytes),
            text.tokensPerSecond(short(relative.decodeTokensPerSecond.expected)),
          )}`,
        ];
  return [...missing, ...instead];
}

/** Cases one below the other, and which gives most speed for its price. */
export function drawComparison(
  { cases }: Comparison,
  explain: boolean,
  text: Text,
  terminal: Terminal,
): string {
  const { colours } = terminal;
  const rows = cases.flatMap((one, index): (Row | null)[] => {
    const paint = one.usable ? colours.green : one.fits ? colours.yellow : colours.red;
    const mark = one.usable ? "✔" : one.fits ? "▲" : "✘";
    const head: Line = {
      text: `${mark} ${text.modelOn(one.model, one.hardware)}`,
      paint: (line) => paint(colours.bold(line)),
    };
    return [
      ...(index === 0 ? [] : [null]),
      {
        label: String(index + 1),
        lines: [
          head,
          ...outcomeLines(one, text),
          { text: joinPhrases(pricePhrases(one, text)), paint: colours.dim },
        ],
      },
      ...(explain && one.choice !== null ? explanationRows(one.choice.explanations, text) : []),
    ];
  });
  const priced = cases.filter(({ usdPerTokenPerSecond }) => usdPerTokenPerSecond !== null);
  const [best] = priced.toSorted(
    (a, b) => (a.usdPerTokenPerSecond ?? 0) - (b.usdPerTokenPerSecond ?? 0),
  );
  const last: (Row | null)[] =
    best === undefined || priced.length < 2
      ? []
      : [
          null,
          {
            label: "",
            lines: [
              text.bestForPrice(
                text.modelOn(best.model, best.hardware),
                usd(best.usdPerTokenPerSecond ?? 0),
              ),
            ],
          },
        ];
  return drawSheet([...rows, ...last], terminal);
}
