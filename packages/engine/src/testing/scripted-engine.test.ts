import { engineConformance } from "../engine.case.ts";
import { createScriptedEngine } from "./scripted-engine.ts";

engineConformance("the scripted stand-in", () => {
  const engine = createScriptedEngine({ thoughts: 20, words: 30, contextTokens: 1024 });
  return Promise.resolve({ engine, thoughts: 20, words: 30, dispose: () => engine.close() });
});
