import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { announceLan } from "./announce.ts";
import { LAN_SERVICE } from "./announcement.ts";
import { browseLan } from "./browse.ts";
import { openMdns } from "./mdns-port.ts";
import type { MdnsPort } from "./mdns-port.ts";
import { createHouse } from "./testing/house.ts";

const MINI = {
  instance: "0123456789abcdef",
  name: "mini",
  model: "qwq-32b",
  port: 8080,
  addresses: ["192.168.1.5"],
};
const STUDIO = { ...MINI, instance: "fedcba9876543210", name: "studio", port: 9090 };

describe("a house", () => {
  test("servers are found by asking, also one that comes later, and not after their goodbye", async () => {
    const open = createHouse();
    const goodbye = await announceLan(open(), () => MINI);
    const client = open();
    const both = browseLan(client, { forMs: 120_000, until: (found) => found.length === 2 });
    const leave = await announceLan(open(), () => STUDIO);
    expect(await both).toEqual([MINI, STUDIO]);
    await goodbye();
    expect(await browseLan(client, { forMs: 120_000, until: (found) => found.length > 0 })).toEqual(
      [STUDIO],
    );
    await leave();
    expect(await browseLan(client, { forMs: 1 })).toEqual([]);
  });

  test("who asks is told the address of now", async () => {
    const open = createHouse();
    let address = "192.168.1.5";
    await announceLan(open(), () => ({ ...MINI, addresses: [address] }));
    address = "192.168.1.77";
    const [found] = await browseLan(open(), { forMs: 1 });
    expect(found?.addresses).toEqual(["192.168.1.77"]);
  });

  test("an address outside of the house is not called, and a flood is bounded", async () => {
    const open = createHouse();
    await announceLan(open(), () => ({ ...MINI, addresses: ["8.8.8.8", "192.168.1.5"] }));
    await announceLan(open(), () => ({ ...STUDIO, addresses: ["8.8.8.8"] }));
    const flood = open();
    flood.onQuery(() => {
      const one = { type: "PTR", name: LAN_SERVICE, ttl: 120, data: "x" } as const;
      void flood.respond(Array.from({ length: 900 }, () => one));
    });
    expect(await browseLan(open(), { forMs: 1 })).toEqual([MINI]);
  });
});

/** A port of the group that nobody has; multicast on loopback needs one. */
async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

test("real multicast on loopback", { timeout: 60_000 }, async ({ skip }) => {
  const options = { port: await freePort(), interface: "127.0.0.1" };
  const [server, client] = await Promise.all([openMdns(options), openMdns(options)]);
  const ports = [server, client].filter((port): port is MdnsPort => port !== null);
  try {
    if (server === null || client === null) return skip("no multicast socket on this machine");
    const goodbye = await announceLan(server, () => MINI);
    const found = await browseLan(client, {
      forMs: 10_000,
      until: ([first]) => first !== undefined,
    });
    skip(found.length === 0, "multicast does not come back on this machine's loopback");
    expect(found).toEqual([MINI]);
    await goodbye();
  } finally {
    await Promise.all(ports.map((port) => port.close()));
  }
});
