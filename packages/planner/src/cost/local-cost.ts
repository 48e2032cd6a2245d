import type { Estimate, SourcedNumber } from "@qwq-fit/schema";

/**
 * Cost of the energy for a million generated tokens, USD: `watts / 1000 × USD per kWh × 10⁶ / (3600 ×
 * tokens a second)`, all sequences together. Null where watts, price or speed are not known. The
 * range is that of the speed; hardware that is bought already costs nothing here.
 */
export function localCostPerMillionTokens(
  watts: SourcedNumber | null,
  usdPerKwh: SourcedNumber | null,
  decodeTokensPerSecond: Estimate,
  sequences: number,
): Estimate | null {
  if (watts === null || usdPerKwh === null || decodeTokensPerSecond.low <= 0) return null;
  const usdPerHour = (watts.value / 1000) * usdPerKwh.value;
  const at = (speed: number): number => (usdPerHour * 1e6) / (3600 * speed * sequences);
  return {
    low: at(decodeTokensPerSecond.high),
    expected: at(decodeTokensPerSecond.expected),
    high: at(decodeTokensPerSecond.low),
    coverage: decodeTokensPerSecond.coverage,
    method: decodeTokensPerSecond.method,
    sources: [watts.source, usdPerKwh.source],
  };
}
