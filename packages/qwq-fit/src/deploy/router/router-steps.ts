import { join } from "node:path";
import type { RouterWish } from "./wrangler-config.ts";

/** A program to run, with its arguments. */
export interface Step {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly about: string;
}

/** The wrangler that the Worker is built and tested with. */
export const WRANGLER = "4.156.2";

/** wrangler as it is called: a path where it is installed, else by npx. */
export function wranglerProgram(
  path: string | null,
): readonly [program: string, first: readonly string[]] {
  return path === null ? ["npx", ["--yes", `wrangler@${WRANGLER}`]] : [path, []];
}

/** What a deployment runs, and what is left to a person: secrets pass through no program of ours. */
export function routerSteps(
  folder: string,
  { environment, secrets }: RouterWish,
  path: string | null,
): { readonly run: readonly Step[]; readonly byHand: readonly Step[] } {
  const [program, first] = wranglerProgram(path);
  const where = ["--config", join(folder, "wrangler.json"), "--env", environment];
  const step = (about: string, ...words: readonly string[]): Step => ({
    program,
    arguments: [...first, ...words, ...where],
    about,
  });
  return {
    run: [step("uploads the Worker, makes its Durable Objects", "deploy")],
    byHand: secrets.map((name) => step("asks for the secret's value", "secret", "put", name)),
  };
}
