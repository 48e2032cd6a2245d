import type { RouterConfig } from "@qwq-fit/router";

/** A line for each secret that the configuration names and the environment does not have; without them requests fail. */
export function missingSecrets(
  { insecureDev, pepperSecret, sessions, nodes }: RouterConfig,
  secrets: Readonly<Record<string, string>>,
): string[] {
  const named: (readonly [string, string | null])[] = [
    ["pepperSecret", insecureDev ? null : pepperSecret],
    ["sessions.secret", sessions?.secret ?? null],
    ...nodes.map(({ name, keySecret }) => [`keySecret of ${name}`, keySecret] as const),
  ];
  return named.flatMap(([path, name]) =>
    name === null || (secrets[name] ?? "") !== ""
      ? []
      : [`the environment has no ${name}, which ${path} names`],
  );
}
