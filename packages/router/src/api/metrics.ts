/** Counters and histograms in Prometheus' text format. Labels are of bounded sets: nodes, callers of the configuration. */
export interface Metrics {
  count(name: string, labels: Readonly<Record<string, string>>, by?: number): void;
  observe(name: string, labels: Readonly<Record<string, string>>, seconds: number): void;
  text(): string;
}

/** Upper bounds in seconds: from a cached first token to a long thought. */
const BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

interface Histogram {
  /** Of each bucket alone. */
  readonly counts: number[];
  sum: number;
  count: number;
}

const PLAIN = /^[\w .:/@-]*$/;

/** Labels as Prometheus writes them; nearly all values need no escaping. */
const keyOf = (labels: Readonly<Record<string, string>>): string => {
  let key = "";
  for (const name in labels) {
    const value = labels[name] ?? "";
    if (!PLAIN.test(value)) return escapedKeyOf(labels);
    key += `${key === "" ? "" : ","}${name}="${value}"`;
  }
  return key;
};

const escapedKeyOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(
      ([name, value]) =>
        `${name}="${value.replaceAll(/[\\"\n]/g, (at) => (at === "\n" ? "\\n" : `\\${at}`))}"`,
    )
    .join(",");

const withLabels = (name: string, key: string): string => (key === "" ? name : `${name}{${key}}`);

const of = <T>(all: Map<string, Map<string, T>>, name: string): Map<string, T> => {
  const known = all.get(name);
  if (known !== undefined) return known;
  const made = new Map<string, T>();
  all.set(name, made);
  return made;
};

/** Fresh counters. */
export function createMetrics(): Metrics {
  const counters = new Map<string, Map<string, number>>();
  const histograms = new Map<string, Map<string, Histogram>>();
  return {
    count: (name, labels, by = 1) => {
      const series = of(counters, name);
      const key = keyOf(labels);
      series.set(key, (series.get(key) ?? 0) + by);
    },
    observe: (name, labels, seconds) => {
      const series = of(histograms, name);
      const key = keyOf(labels);
      const histogram = series.get(key) ?? { counts: BOUNDS.map(() => 0), sum: 0, count: 0 };
      series.set(key, histogram);
      let bucket = 0;
      while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] ?? 0)) bucket++;
      if (bucket < BOUNDS.length) histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
      histogram.sum += seconds;
      histogram.count += 1;
    },
    text: () => {
      const lines: string[] = [];
      for (const [name, series] of counters) {
        lines.push(`# TYPE ${name} counter`);
        for (const [key, value] of series) lines.push(`${withLabels(name, key)} ${value}`);
      }
      for (const [name, series] of histograms) {
        lines.push(`# TYPE ${name} histogram`);
        for (const [key, histogram] of series) {
          const more = key === "" ? "" : `${key},`;
          let below = 0;
          for (const [i, bound] of BOUNDS.entries()) {
            below += histogram.counts[i] ?? 0;
            lines.push(`${name}_bucket{${more}le="${bound}"} ${below}`);
          }
          lines.push(`${name}_bucket{${more}le="+Inf"} ${histogram.count}`);
          lines.push(`${withLabels(`${name}_sum`, key)} ${histogram.sum}`);
          lines.push(`${withLabels(`${name}_count`, key)} ${histogram.count}`);
        }
      }
      return `${lines.join("\n")}\n`;
    },
  };
}
