import { BlockList, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";

/** IPv4 addresses that this machine has in its networks; loopback where it is in none. */
export function lanAddresses(): string[] {
  const found = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address);
  return found.length === 0 ? ["127.0.0.1"] : found;
}

/** Private addresses (RFC 1918), link-local (RFC 3927) and loopback. */
const PRIVATE = [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  ["127.0.0.0", 8],
] as const;

/** Whether an address is of a house: a private one, or in a network that this machine is in. */
export function isInHouse(): (address: string) => boolean {
  const house = new BlockList();
  for (const [network, prefix] of PRIVATE) house.addSubnet(network, prefix, "ipv4");
  for (const one of Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])) {
    const [network, prefix] = one.cidr?.split("/") ?? [];
    if (one.family !== "IPv4" || network === undefined) continue;
    house.addSubnet(network, Number(prefix), "ipv4");
  }
  return (address) => isIPv4(address) && house.check(address, "ipv4");
}
