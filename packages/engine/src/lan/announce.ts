import { LAN_SERVICE, recordsOf } from "./announcement.ts";
import type { LanService } from "./announcement.ts";
import type { MdnsPort } from "./mdns-port.ts";

/**
 * Tells the house of a server, and again whenever somebody asks, with the addresses that it has then. What comes back says
 * goodbye and closes the port.
 */
export async function announceLan(
  port: MdnsPort,
  service: () => LanService,
): Promise<() => Promise<void>> {
  port.onQuery((names) => {
    const records = recordsOf(service());
    const asked = new Set([LAN_SERVICE, ...records.map(({ name }) => name)].map(lower));
    if (names.some((name) => asked.has(lower(name)))) void port.respond(records);
  });
  await port.respond(recordsOf(service()));
  return async () => {
    await port.respond(recordsOf(service(), 0));
    await port.close();
  };
}

function lower(name: string): string {
  return name.toLowerCase();
}
