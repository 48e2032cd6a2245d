import type makeMdns from "multicast-dns";

/** A record as far as announcements need it. */
export type MdnsRecord =
  | { readonly type: "PTR"; readonly name: string; readonly ttl: number; readonly data: string }
  | {
      readonly type: "SRV";
      readonly name: string;
      readonly ttl: number;
      readonly data: { readonly port: number; readonly target: string };
    }
  | {
      readonly type: "TXT";
      readonly name: string;
      readonly ttl: number;
      readonly data: readonly Uint8Array[];
    }
  | { readonly type: "A"; readonly name: string; readonly ttl: number; readonly data: string };

/** The network of one house, as mDNS sees it (RFC 6762). */
export interface MdnsPort {
  /** Asks everybody for the services of this type. */
  query(name: string): void;
  /** Tells everybody these records; resolves when they are sent, or cannot be. */
  respond(records: readonly MdnsRecord[]): Promise<void>;
  /** Names that somebody asks for. */
  onQuery(listener: (names: readonly string[]) => void): void;
  /** Records that somebody tells. What they say is anybody's word. */
  onResponse(listener: (records: readonly MdnsRecord[]) => void): void;
  close(): Promise<void>;
}

/** Another group than mDNS's own, so that tests need no free 5353. */
export interface MdnsOptions {
  readonly port?: number;
  readonly interface?: string;
}

/** Joins the mDNS group; null where this machine has no multicast or its port is not to be had. */
export async function openMdns(options: MdnsOptions = {}): Promise<MdnsPort | null> {
  const { default: create } = await import("multicast-dns");
  // Bound to an interface's own address, Linux hands on no multicast.
  const mdns = create({ ...options, bind: "0.0.0.0" });
  // A packet that cannot be read, an interface that went away: the others still work.
  mdns.on("warning", () => {});
  const opened = await new Promise<boolean>((resolve) => {
    mdns.on("error", () => resolve(false));
    mdns.on("ready", () => resolve(true));
  });
  if (!opened) {
    mdns.destroy();
    return null;
  }
  return {
    query: (name) => mdns.query([{ name, type: "PTR" }]),
    respond: async (records) => {
      const answers = records.map((record) =>
        record.type === "TXT"
          ? { ...record, data: record.data.map((one) => Buffer.from(one)) }
          : record.type === "SRV"
            ? { ...record, data: { ...record.data } }
            : { ...record },
      );
      await new Promise<void>((resolve) => mdns.respond({ answers }, () => resolve()));
    },
    onQuery: (listener) => {
      mdns.on("query", ({ questions = [] }) => listener(questions.map(({ name }) => name)));
    },
    onResponse: (listener) => {
      mdns.on("response", ({ answers = [], additionals = [] }) => {
        listener([...answers, ...additionals].flatMap(recordOf));
      });
    },
    close: () => new Promise((resolve) => mdns.destroy(() => resolve())),
  };
}

type Answer = NonNullable<makeMdns.ResponsePacket["answers"]>[number];

function recordOf(answer: Answer): MdnsRecord[] {
  const { name } = answer;
  if (answer.type === "PTR" || answer.type === "A") {
    return [{ type: answer.type, name, ttl: answer.ttl ?? 0, data: answer.data }];
  }
  if (answer.type === "SRV") {
    const { port, target } = answer.data;
    return [{ type: "SRV", name, ttl: answer.ttl ?? 0, data: { port, target } }];
  }
  if (answer.type === "TXT") {
    const data = [answer.data].flat().map((one) => Buffer.from(one));
    return [{ type: "TXT", name, ttl: answer.ttl ?? 0, data }];
  }
  return [];
}
