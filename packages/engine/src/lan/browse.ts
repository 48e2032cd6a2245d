import { LAN_SERVICE, servicesIn } from "./announcement.ts";
import type { LanService } from "./announcement.ts";
import { isInHouse } from "./lan-addresses.ts";
import type { MdnsPort, MdnsRecord } from "./mdns-port.ts";

/** More than a house has; a flood of records takes no more memory than this. */
const MOST_RECORDS = 1024;

export interface BrowseOptions {
  readonly forMs: number;
  /** Ends the search early. */
  readonly until?: (found: readonly LanService[]) => boolean;
  /** Whether an address that was told may be called. Default: one of this machine's networks or a private one. */
  readonly accepts?: (address: string) => boolean;
}

/** The servers that answer in this time. An announcement says where to ask, not who is there. */
export async function browseLan(port: MdnsPort, options: BrowseOptions): Promise<LanService[]> {
  const { forMs, until = () => false, accepts = isInHouse() } = options;
  let records: MdnsRecord[] = [];
  const found = (): LanService[] =>
    servicesIn(records).flatMap((service) => {
      const addresses = service.addresses.filter(accepts);
      return addresses.length === 0 ? [] : [{ ...service, addresses }];
    });
  await new Promise<void>((resolve) => {
    // The first question may get lost; RFC 6762 section 5.2 asks again after a second or more.
    const again = setTimeout(() => port.query(LAN_SERVICE), Math.min(1000, forMs / 2));
    const end = setTimeout(done, forMs);
    function done(): void {
      clearTimeout(again);
      clearTimeout(end);
      resolve();
    }
    port.onResponse((more) => {
      // The newest are kept: who floods the house loses first what it said first.
      records = [...records, ...more].slice(-MOST_RECORDS);
      if (until(found())) done();
    });
    port.query(LAN_SERVICE);
  });
  return found();
}
