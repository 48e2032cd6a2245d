import { Template } from "@huggingface/jinja";
import { QwqError } from "@qwq-fit/schema";
import type { EngineMessage, EngineTool } from "../engine-messages.ts";
import type { TemplateOptions } from "../engine.ts";
import { thoughtTags, toolTags } from "./tags.ts";
import type { TagPair } from "./tags.ts";
import { templateMessages } from "./template-messages.ts";

/** A prompt as text. */
export interface Rendered {
  readonly text: string;
  readonly opensThought: boolean;
}

/** A model's own chat template, rendered as the model was trained on it. */
export class ChatTemplate {
  readonly thought: TagPair | null;
  readonly tools: TagPair | null;
  readonly #template: Template;
  readonly #constants: Readonly<Record<string, unknown>>;
  #objectArguments: boolean | null = null;

  /** @throws QwqError `unsupported_model` where the template cannot be read. */
  constructor(source: string, tokens: { bosText: string; eosText: string }) {
    this.thought = thoughtTags(source);
    this.tools = toolTags(source);
    this.#constants = { bos_token: tokens.bosText, eos_token: tokens.eosText };
    try {
      this.#template = new Template(source);
    } catch (error) {
      throw new QwqError("unsupported_model", "The model's chat template cannot be read.", {
        cause: error,
      });
    }
  }

  /** @throws QwqError `invalid_request` where the template refuses the messages. */
  render(
    messages: readonly EngineMessage[],
    tools: readonly EngineTool[],
    options: TemplateOptions = {},
  ): Rendered {
    const last = messages.at(-1);
    const goesOn = options.continueFinalMessage === true && last?.role === "assistant";
    const history = goesOn ? messages.slice(0, -1) : messages;
    const add = goesOn || options.addGenerationPrompt !== false;
    const text = this.#run(history, tools, add, options.variables);
    if (!add) return { text, opensThought: false };
    // What the template adds for the answer tells whether it opens a thought; what users write does not.
    const closed = this.#run(history, tools, false, options.variables);
    const opening = text.startsWith(closed) ? text.slice(closed.length) : text.slice(-64);
    if (!goesOn) return { text, opensThought: this.#endsInThought(opening) };
    const begun = this.#begun(last, this.#endsInThought(opening));
    return { text: text + begun, opensThought: this.#endsInThought(opening + begun) };
  }

  /** The unfinished message as the model would have written it behind the generation prompt. */
  #begun(message: EngineMessage, opened: boolean): string {
    const { thought } = this;
    const reasoning = message.reasoning_content ?? "";
    const content = message.content ?? "";
    if (thought === null) return content;
    const open = opened ? "" : `${thought.openTag}\n`;
    if (content === "") return reasoning === "" ? "" : open + reasoning;
    if (reasoning === "" && !opened) return content;
    const end = reasoning === "" || reasoning.endsWith("\n") ? "" : "\n";
    const gap = content.startsWith("\n") ? "" : "\n\n";
    return `${open}${reasoning}${end}${thought.closeTag}${gap}${content}`;
  }

  #endsInThought(text: string): boolean {
    if (this.thought === null) return false;
    return text.lastIndexOf(this.thought.openTag) > text.lastIndexOf(this.thought.closeTag);
  }

  #run(
    messages: readonly EngineMessage[],
    tools: readonly EngineTool[],
    addGenerationPrompt: boolean,
    variables: TemplateOptions["variables"],
  ): string {
    this.#objectArguments ??= messages.some((message) => message.tool_calls !== undefined)
      ? this.#takesObjects()
      : null;
    try {
      return this.#template.render({
        ...this.#constants,
        ...variables,
        messages: templateMessages(messages, this.#objectArguments ?? true),
        tools: tools.length === 0 ? null : tools,
        add_generation_prompt: addGenerationPrompt,
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new QwqError("invalid_request", `The model's chat template refuses this: ${why}`, {
        cause: error,
      });
    }
  }

  /** Whether the template writes the arguments of a call from an object; some want the JSON text. */
  #takesObjects(): boolean {
    const call = {
      type: "function",
      function: { name: "probe", arguments: { needle: "found" } },
    } as const;
    try {
      const text = this.#template.render({
        ...this.#constants,
        messages: [
          { role: "user", content: "?" },
          { role: "assistant", content: "", tool_calls: [call] },
        ],
        tools: null,
        add_generation_prompt: false,
      });
      return text.includes("needle") && !text.includes("[object Object]");
    } catch {
      return false;
    }
  }
}
