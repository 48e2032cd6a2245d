import { expect, test } from "vitest";
import { createPairingCode } from "./pairing-code.ts";

const wrongOf = (text: string): string => (text.startsWith("2") ? "3333-3333" : "2222-2222");

test("a code is good once, however it is typed", () => {
  const code = createPairingCode(() => 0);
  expect(code.text).toMatch(/^[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}$/u);
  expect(code.check(` ${code.text.toLowerCase().replace("-", " ")}`)).toBe("right");
  expect(code.check(code.text)).toBe("over");
  expect(createPairingCode(() => 0).text).not.toBe(code.text);
});

test("five wrong tries end it; four do not", () => {
  const [four, five] = [createPairingCode(() => 0), createPairingCode(() => 0)];
  for (let tries = 0; tries < 4; tries += 1) expect(four.check(wrongOf(four.text))).toBe("wrong");
  expect(four.check(four.text)).toBe("right");
  for (let tries = 0; tries < 5; tries += 1) expect(five.check(wrongOf(five.text))).toBe("wrong");
  expect(five.check(five.text)).toBe("over");
});

test("it ends after ten minutes", () => {
  let now = 1000;
  const code = createPairingCode(() => now);
  now += 600_000;
  expect(code.check(code.text)).toBe("over");
  now -= 1;
  expect(code.check(code.text)).toBe("right");
});
