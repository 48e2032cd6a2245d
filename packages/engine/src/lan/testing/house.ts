import type { MdnsPort, MdnsRecord } from "../mdns-port.ts";

/** Ports that hear each other and themselves, as those of one network do. */
export function createHouse(): () => MdnsPort {
  const asked = new Map<MdnsPort, (names: readonly string[]) => void>();
  const told = new Map<MdnsPort, (records: readonly MdnsRecord[]) => void>();
  return () => {
    const port: MdnsPort = {
      query: (name) => {
        for (const listener of asked.values()) listener([name]);
      },
      respond: (records) => {
        for (const listener of told.values()) listener(records);
        return Promise.resolve();
      },
      onQuery: (listener) => void asked.set(port, listener),
      onResponse: (listener) => void told.set(port, listener),
      close: () => {
        asked.delete(port);
        told.delete(port);
        return Promise.resolve();
      },
    };
    return port;
  };
}
