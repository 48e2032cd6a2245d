/** A text without what would name a person or one copy of a machine. */
export type Scrub = (text: string) => string;

/** Words of a key whose value names one copy of a thing, or a person's machine. */
const KEY =
  "(?:serial|uuid|guid|unique[ _]?id|host[ _-]?name|computer[ _]?name|node[ _]?name|mac[ _]?addr(?:ess)?|board[ _]part[ _]number|vdie[ _]?id|die[ _]?id|asset)";

/**
 * A key and its value in the forms in which tools print them: XML, JSON, "key: value". All parts are bounded, so that a
 * hostile text costs linear time.
 */
const KEYED: RegExp = new RegExp(
  `(${KEY}(?:[\\w-]{0,40}>|[^"\\n<>:=]{0,60}"\\s{0,4}:\\s{0,4}"|[^\\n:=<>"]{0,60}[:=][ \\t]{0,40}))([^\\s<"][^<"\\n]{0,300})`,
  "giu",
);
/** UUIDs and MAC addresses wherever they stand. */
const IDENTIFIERS =
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b/giu;
const USER_FOLDER =
  /((?:\/home|\/Users|\\Users|\\\\Users)[/\\]{1,2})(?!Shared\b|Public\b|user\b)[^/\\\s"'<>:]+/gu;
/** Values that say that there is none. */
const NOTHING = /^(?:n\/a|none|not supported|unknown|0+|-+|\[.*\]|removed-\d+)$/iu;
/** A shorter name is likelier a word of the text than the name of a machine. */
const SHORTEST_HOST_NAME = 4;

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/gu, "\\$&");

/**
 * A scrubber for the outputs of one machine: serial numbers, UUIDs, MAC addresses, the machine's name, the user's folder.
 * Equal values become equal stand-ins ("removed-1"), so that a reader can still tell devices apart.
 */
export function createScrub(homeDirectory: string, hostName: string): Scrub {
  const names = new Map<string, string>();
  const standIn = (value: string): string => {
    const key = value.trim();
    if (key === "" || NOTHING.test(key)) return value;
    const known = names.get(key) ?? `removed-${names.size + 1}`;
    names.set(key, known);
    return known;
  };
  const host =
    hostName.length >= SHORTEST_HOST_NAME && hostName !== "localhost"
      ? new RegExp(`(?<![\\w-])${escaped(hostName)}(?![\\w-])`, "giu")
      : null;
  return (text) => {
    let clean = homeDirectory.length > 1 ? text.replaceAll(homeDirectory, "~") : text;
    clean = clean.replaceAll(USER_FOLDER, "$1user");
    clean = clean.replaceAll(KEYED, (_all, head: string, value: string) => head + standIn(value));
    clean = clean.replaceAll(IDENTIFIERS, (value) => standIn(value));
    return host === null ? clean : clean.replaceAll(host, "host");
  };
}
