import { createMemoryState, type LogRecord, type RouterPorts } from "@qwq-fit/router";

/** Ports of a router in this process: real fetch and timers, secrets from a map, the log in a list. */
export function testPorts(
  secrets: Readonly<Record<string, string>> = {},
  log: LogRecord[] = [],
): RouterPorts {
  let ids = 0;
  return {
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => 0,
    timer: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    id: () => `id${ids++}`,
    secret: (name) => secrets[name],
    log: (record) => log.push(record),
    state: createMemoryState(),
  };
}
