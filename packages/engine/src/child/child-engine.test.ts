import { engineConformance } from "../engine.case.ts";
import { startChildScripted } from "../testing/child-scripted.ts";

engineConformance("node-llama-cpp in a child process", async () => {
  const { engine, model, dispose } = await startChildScripted();
  return { engine, thoughts: model.thought.length, words: model.answer.length, dispose };
});
