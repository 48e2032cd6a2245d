/** Most of a container's words that is passed on, in characters. */
const LIMIT = 500;
/** Most that is looked at: what follows is dropped first, so that no pattern below costs more. */
const READ = 4000;

/**
 * A container's message without what tells of its inside: tracebacks, paths, addresses, account ids, ARNs. What is
 * left is what its author meant for the caller: which field was wrong.
 */
export function cleanText(text: string): string {
  const [before = ""] = text
    .slice(0, READ)
    .split(/Traceback \(most recent call last\)|\n\s+at |^\s*File "/mu);
  return before
    .replaceAll(/\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>]*/giu, "…")
    .replaceAll(/\barn:[^\s"'<>]*/giu, "…")
    .replaceAll(/(?<![\w/])~?(?:\/[\w.@+~-]+){2,}\/?/gu, "…")
    .replaceAll(/(?<!\w)\/(?:opt|tmp|root|home|usr|var|etc|srv|mnt|app|workspace)\b/gu, "…")
    .replaceAll(/\b[a-z]:\\[^\s"']*/giu, "…")
    .replaceAll(/\b\d{12}\b/gu, "…")
    .replaceAll(/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/gu, "…")
    .trim()
    .slice(0, LIMIT);
}
