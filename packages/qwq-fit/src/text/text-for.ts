import type { CommandIo } from "../command-io.ts";
import type { Text } from "./text.ts";

/** The texts in the language of the user. */
export async function textFor(_io: CommandIo): Promise<Text> {
  const { en } = await import("./en.ts");
  return en;
}
