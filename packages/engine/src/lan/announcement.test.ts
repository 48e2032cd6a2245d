import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LAN_SERVICE, decodeTxt, encodeTxt, recordsOf, servicesIn } from "./announcement.ts";
import type { MdnsRecord } from "./mdns-port.ts";

const SERVICE = {
  instance: "0123456789abcdef",
  name: "Mac mini",
  model: "qwq-32b",
  port: 8080,
  addresses: ["192.168.1.5", "10.0.0.2"],
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a TXT record", () => {
  test("is read as it was written, cut to what fits, between characters", () => {
    expect(decodeTxt(encodeTxt(SERVICE))).toEqual({
      instance: SERVICE.instance,
      name: "Mac mini",
      model: "qwq-32b",
    });
    const long = encodeTxt({ ...SERVICE, name: "ü".repeat(200) });
    expect(long.map((one) => one.length).every((length) => length <= 255)).toBe(true);
    expect(decodeTxt(long)?.name).toBe("ü".repeat(125));
  });

  test("of strangers is nothing, and brings no control characters", () => {
    const id = bytes(`id=${SERVICE.instance}`);
    const version = bytes("txtvers=1");
    expect(decodeTxt([])).toBeNull();
    expect(decodeTxt([id, bytes("model=m")])).toBeNull();
    expect(decodeTxt([version, bytes("id=../../x"), bytes("model=m")])).toBeNull();
    expect(decodeTxt([version, id])).toBeNull();
    const hostile = [version, id, bytes("model=a\u001B[31mb\u202E"), bytes("name=\u0007")];
    expect(decodeTxt(hostile)).toEqual({
      instance: SERVICE.instance,
      model: "a[31mb",
      name: SERVICE.instance,
    });
  });

  test("of any bytes is read without a fault", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (strings) => {
        const read = decodeTxt(strings);
        expect(read === null || read.model !== "").toBe(true);
      }),
    );
  });
});

describe("records", () => {
  test("tell of a service, whatever their order, and hold no more than that", () => {
    const records = recordsOf(SERVICE);
    expect(servicesIn(records.toReversed())).toEqual([
      { ...SERVICE, addresses: SERVICE.addresses.toReversed() },
    ]);
    expect(records.every(({ ttl }) => ttl === 120)).toBe(true);
  });

  test("of a goodbye, without an address, with no port are no service", () => {
    const records = recordsOf(SERVICE);
    expect(servicesIn(recordsOf(SERVICE, 0))).toEqual([]);
    expect(servicesIn(records.filter(({ type }) => type !== "A"))).toEqual([]);
    expect(servicesIn(recordsOf({ ...SERVICE, port: 0 }))).toEqual([]);
    const other: MdnsRecord = { type: "PTR", name: LAN_SERVICE, ttl: 120, data: "nobody" };
    expect(servicesIn([other])).toEqual([]);
  });
});
