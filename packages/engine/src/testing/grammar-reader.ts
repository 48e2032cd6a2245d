import { loadDevelopmentBinding } from "./native-binding.ts";

/** Whether a text is one of a grammar. */
export type Accepts = (grammar: string, text: string) => boolean;

/** The engine's own grammar parser. */
export async function grammarReader(): Promise<Accepts> {
  const { native } = await loadDevelopmentBinding();
  return (grammar, text) => {
    const parsed = new native.AddonGrammar(grammar, {
      addonExports: native,
      rootRuleName: "root",
    });
    const compatible: unknown = Reflect.get(parsed, "isTextCompatible");
    return typeof compatible === "function" && Reflect.apply(compatible, parsed, [text]) === true;
  };
}
