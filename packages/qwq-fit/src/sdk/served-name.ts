import type { ServingNode } from "@qwq-fit/schema";

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9.]+/gu, "");
/** A file is served under its name, without folder, ending and the numbers of its parts. */
const withoutFile = (name: string): string =>
  /\.gguf$/iu.test(name)
    ? (name.split(/[/\\]/u).at(-1) ?? name).replace(/(?:-\d{5}-of-\d{5})?\.gguf$/iu, "")
    : name;
const shortOf = (name: string): string => plain(name.split("/").at(-1) ?? name);

/**
 * Whether a name asks for a model that is served under one of `names`: letter for letter, or but for case and
 * punctuation. A name without its owner ("qwq-32b") means the model of any owner.
 */
export function isServedAs(asked: string, names: readonly string[]): boolean {
  if (names.includes(asked)) return true;
  const meant = withoutFile(asked);
  const owned = meant.includes("/");
  const wanted = plain(meant);
  return names.some((name) => (owned ? plain(name) : shortOf(name)) === wanted);
}

/** Names that an engine's id means: Ollama's "qwq:32b" is "qwq-32b"; a bare tag "latest" says nothing. */
export function namesOfId(id: string): string[] {
  return [id, id.replace(/:latest$/u, ""), id.replace(":", "-")];
}

/** All names of a node's models. */
export function namesOf(node: ServingNode): string[] {
  return node.models.flatMap(({ id, aliases }) => [id, ...aliases]);
}
