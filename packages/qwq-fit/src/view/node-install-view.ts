import type { NodeCommand, RenderedNode } from "../node-install/rendered-node.ts";

/** A command as a person would type it. */
export function commandText({ program, arguments: words }: NodeCommand): string {
  return [program, ...words]
    .map((word) => (/^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}

/** All that an installation would write and run, machine by machine. */
export function drawNodeInstall(
  { files, commands, baseUrl, status, notes }: RenderedNode,
  hosts: readonly string[],
): string {
  const lines = hosts.flatMap((address, host) => [
    ...(hosts.length > 1
      ? [`Machine ${host + 1}: ${address}${host === 0 ? " (answers)" : ""}`, ""]
      : []),
    ...files
      .filter((file) => file.host === host)
      .flatMap(({ path, mode, text }) => [
        `--- ${path} (mode ${mode.toString(8)})`,
        text.trimEnd(),
        "",
      ]),
    "Runs:",
    ...commands
      .filter((command) => command.host === host)
      .map((command) => `  ${commandText(command)}   # ${command.about}`),
    "",
  ]);
  const words = {
    run: "tried by us",
    documented: "as documented, not tried by us",
    unverified: "UNVERIFIED",
  };
  return `${[...lines, `Answers at  ${baseUrl}`, `Status      ${words[status]}`, ...notes.map((note) => `Note: ${note}`)].join("\n")}\n`;
}
