/**
 * IPv4 blocks that are nobody's public host: IANA's special-purpose registry (RFC 6890 and later), multicast and
 * what is reserved. Each as its first 32-bit number and the bits that count.
 */
const SPECIAL_V4: readonly (readonly [text: string, bits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** Names that mean this machine or this network, whatever a resolver says (RFC 6761, 6762, 8375, ICANN's .internal). */
const LOCAL_NAME =
  /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|home\.arpa|localdomain)$/;

function v4Of(text: string): number | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return null;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

function isPublicV4(address: number): boolean {
  return !SPECIAL_V4.some(([text, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(address / size) === Math.floor((v4Of(text) ?? 0) / size);
  });
}

/** Groups of one half of an IPv6 address; -1 for one that is none. */
const groupsOf = (half: string | undefined): number[] =>
  half === undefined || half === ""
    ? []
    : half.split(":").map((one) => (/^[0-9a-f]{1,4}$/i.test(one) ? Number.parseInt(one, 16) : -1));

/** The eight groups of an IPv6 address as WHATWG's parser or a resolver writes it; null for anything else. */
function v6Of(text: string): readonly number[] | null {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const tail = v4Of(dotted?.[2] ?? "");
  if (dotted !== null && tail === null) return null;
  const plain =
    tail === null
      ? text
      : `${dotted?.[1] ?? ""}${Math.floor(tail / 65_536).toString(16)}:${(tail % 65_536).toString(16)}`;
  const halves = plain.split("::");
  if (halves.length > 2) return null;
  const [head, rest] = [groupsOf(halves[0]), groupsOf(halves[1])];
  const missing = 8 - head.length - rest.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...rest];
  return groups.includes(-1) ? null : groups;
}

/** Only global unicast, 2000::/3, without what in it is special: 2001::/23, documentation, 6to4. */
function isPublicV6([first = 0, second = 0]: readonly number[]): boolean {
  if (first < 0x2000 || first > 0x3fff) return false;
  if (first === 0x2001 && (second < 0x0200 || second === 0x0db8)) return false;
  return first !== 0x2002 && !(first === 0x3fff && second < 0x1000);
}

/** Whether an IP address, as a resolver writes it, is one of the public internet. Not an address: no. */
export function isPublicAddress(text: string): boolean {
  const four = v4Of(text);
  if (four !== null) return isPublicV4(four);
  const six = v6Of(text.replace(/%.*$/, ""));
  return six !== null && isPublicV6(six);
}

/**
 * Why an address that a caller gave may not be asked; null where it may. What a name resolves to must be looked at
 * again when it is asked. Hosts that are trusted (`host` or `host:port`) may be private, and without TLS.
 */
export function publicUrlProblem(text: string, trustedHosts: readonly string[]): string | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "must be a URL";
  }
  if (url.username !== "" || url.password !== "") return "must not hold a user or a password";
  const web = url.protocol === "https:" || url.protocol === "http:";
  if (web && (trustedHosts.includes(url.host) || trustedHosts.includes(url.hostname))) return null;
  if (url.protocol !== "https:") return "must start with https://";
  const name = url.hostname.replace(/\.$/, "");
  // The parser has turned every spelling of an IPv4 address (2130706433, 0x7f.1, 017700000001) into the dotted one.
  const literal = name.startsWith("[") ? name.slice(1, -1) : v4Of(name) === null ? null : name;
  if (literal !== null) return isPublicAddress(literal) ? null : "must be a public address";
  return LOCAL_NAME.test(name) || !name.includes(".") ? "must be a public host" : null;
}
