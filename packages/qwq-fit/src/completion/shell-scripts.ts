import type { CompletionCommand, CompletionOption } from "./completion-words.ts";

/** A word in single quotes, for any of the three shells. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function flagsOf({ options }: CompletionCommand): string {
  return options.flatMap(({ flags }) => flags).join(" ");
}

function knownWords({ values }: CompletionOption): number {
  return values?.length ?? 0;
}

/** Options with values, one of each name: the one that knows most words. */
function valued(commands: readonly CompletionCommand[]): CompletionOption[] {
  const all = commands.flatMap(({ options }) => options.filter(({ values }) => values !== null));
  const ascending = all.toSorted((one, other) => knownWords(one) - knownWords(other));
  return [...new Map(ascending.map((option) => [option.flags.at(-1), option])).values()];
}

/** Completion for bash. */
export function bashScript(commands: readonly CompletionCommand[]): string {
  const values = valued(commands).map(({ flags, values: words }) => {
    const lines = (words ?? []).map(quoted).join(" ");
    return `    ${flags.join("|")}) candidates=(${lines}); files=${words?.length === 0 || flags.includes("--model") || flags.includes("--hardware") ? 1 : 0} ;;`;
  });
  const flags = commands.map(
    (command) => `    ${command.name}) candidates=(${flagsOf(command)}) ;;`,
  );
  return `# bash completion for qwq-fit: eval "$(qwq-fit completion bash)"
_qwq_fit() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command=check files=0 word candidates=()
  local names=(${commands.map(({ name }) => name).join(" ")})
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " \${names[*]} " in *" $word "*) command=$word; break ;; esac
  done
  COMPREPLY=()
  case $previous in
${values.join("\n")}
    *)
      case $command in
  ${flags.join("\n  ")}
      esac
      [ "$COMP_CWORD" = 1 ] && candidates+=("\${names[@]}") ;;
  esac
  for word in "\${candidates[@]}"; do
    case $word in "$current"*) COMPREPLY+=("$(printf %q "$word")") ;; esac
  done
  if [ "$files" = 1 ]; then
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
  fi
}
complete -o filenames -F _qwq_fit qwq-fit
`;
}

/** A description without what zsh gives a meaning. */
function cell(text: string): string {
  return text.replaceAll(/[[\]:'"\\]/gu, " ").trim();
}

/** Completion for zsh. */
export function zshScript(commands: readonly CompletionCommand[]): string {
  const cases = commands.map(({ name, options }) => {
    const specs = options.flatMap(({ flags, about, values }) =>
      flags.map((flag) => {
        const head = `${flag}[${cell(about)}]`;
        if (values === null) return quoted(head);
        const words = values.map((word) => word.replaceAll(/([ ()\\])/gu, "\\$1")).join(" ");
        return quoted(values.length === 0 ? `${head}:value:_files` : `${head}:value:(${words})`);
      }),
    );
    return `    ${name}) _arguments ${[...specs, "'*:file:_files'"].join(" ")} ;;`;
  });
  const names = commands.map(({ name, about }) => quoted(`${name}:${cell(about)}`)).join(" ");
  return `#compdef qwq-fit
# zsh completion for qwq-fit: qwq-fit completion zsh > "\${fpath[1]}/_qwq-fit"
_qwq_fit() {
  local -a names
  names=(${names})
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe command names
    return
  fi
  local command=check
  (( \${names[(I)$words[2]:*]} )) && command=$words[2] && shift words && (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
compdef _qwq_fit qwq-fit
`;
}

/** Completion for fish. */
export function fishScript(commands: readonly CompletionCommand[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const lines = commands.flatMap(({ name, about, options }) => [
    `complete -c qwq-fit -n "not __fish_seen_subcommand_from ${names}" -a ${name} -d ${quoted(about)}`,
    ...options.map(({ flags, about: text, values }) => {
      const long = flags.find((flag) => flag.startsWith("--"))?.slice(2) ?? "";
      const short = flags.find((flag) => /^-\w$/u.test(flag))?.slice(1);
      const words = (values ?? []).map((word) => word.replaceAll(" ", "\\ ")).join(" ");
      return [
        `complete -c qwq-fit -n "__fish_seen_subcommand_from ${name}" -l ${long}`,
        ...(short === undefined ? [] : [`-s ${short}`]),
        ...(values === null ? [] : ["-r"]),
        ...(words === "" ? [] : [`-a ${quoted(words)}`]),
        `-d ${quoted(text)}`,
      ].join(" ");
    }),
  ]);
  return `# fish completion for qwq-fit: qwq-fit completion fish | source\n${lines.join("\n")}\n`;
}
