import { describe, expect, test } from "vitest";
import { ChatTemplate } from "./chat-template.ts";

const tokens = { bosText: "<s>", eosText: "</s>" };
/** As QwQ's: opens the thought, drops thoughts from history, writes calls from objects. */
const QWQ = `{%- if tools %}{{- '<|im_start|>system\\n# Tools\\n' }}{%- for tool in tools %}{{- tool | tojson }}{%- endfor %}{{- '<|im_end|>\\n' }}{%- endif %}
{%- for message in messages %}
    {%- if message.role == "assistant" and message.tool_calls %}
        {{- '<|im_start|>assistant' }}
        {%- for call in message.tool_calls %}
            {{- '\\n<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}
            {{- call.function.arguments | tojson }}{{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content.split('</think>')[-1] + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n<think>\\n' }}{%- endif %}`;
/** As DeepSeek's: writes the arguments' text as it is. */
const TEXT_ARGUMENTS = `{{ bos_token }}{% for m in messages %}{% if m.tool_calls %}{% for c in m.tool_calls %}CALL {{ c['function']['name'] + ' ' + c['function']['arguments'] }}{% endfor %}{% else %}{{ m.role + ': ' + m.content }}{% endif %}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}`;

const user = { role: "user", content: "hi" } as const;
const call = (text: string) =>
  ({
    role: "assistant",
    content: null,
    tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: text } }],
  }) as const;

describe("a chat template", () => {
  const qwq = new ChatTemplate(QWQ, tokens);

  test("opens the answer, and says that it is a thought", () => {
    expect(qwq.render([user], [])).toEqual({
      text: "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n<think>\n",
      opensThought: true,
    });
    expect(qwq.thought?.closeTag).toBe("</think>");
    expect(qwq.tools?.openTag).toBe("<tool_call>");
  });

  test("what a user writes opens no thought", () => {
    const plain = new ChatTemplate(QWQ.replace("<think>\\n", ""), tokens);
    const asked = { role: "user", content: "what is <think>?" } as const;
    expect(plain.render([asked], []).opensThought).toBe(false);
  });

  test("arguments come as the template wants them", () => {
    expect(qwq.render([user, call('{"a":1}')], []).text).toContain('"arguments": {"a": 1}}');
    const text = new ChatTemplate(TEXT_ARGUMENTS, tokens).render([user, call('{"a":1}')], []).text;
    expect(text).toBe('<s>user: hi</s>CALL f {"a":1}</s>assistant: ');
  });

  test("tools are written where there are some", () => {
    const tool = {
      type: "function",
      function: { name: "f", parameters: { type: "object" } },
    } as const;
    expect(qwq.render([user], [tool]).text).toContain('"name": "f"');
    expect(qwq.render([user], []).text).not.toContain("# Tools");
  });

  test.each([
    ["inside its thought", { reasoning_content: "so" }, "<think>\nso", true],
    [
      "behind its thought",
      { reasoning_content: "so", content: "yes" },
      "<think>\nso\n</think>\n\nyes",
      false,
    ],
    ["without its thought", { content: "yes" }, "<think>\n</think>\n\nyes", false],
    ["at its start", {}, "<think>\n", true],
  ])("a message is gone on with %s", (_, message, end, opensThought) => {
    const last = { role: "assistant", content: null, ...message } as const;
    const rendered = qwq.render([user, last], [], { continueFinalMessage: true });
    expect(rendered.text).toBe(`<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n${end}`);
    expect(rendered.opensThought).toBe(opensThought);
  });

  test("variables reach it, and a developer is its system", () => {
    const template = new ChatTemplate("{{ messages[0].role }} {{ enable_thinking }}", tokens);
    const variables = { enable_thinking: false };
    const { text } = template.render([{ role: "developer", content: "x" }], [], { variables });
    expect(text).toBe("system false");
  });

  test("what it refuses is the caller's fault, what cannot be read is the model's", () => {
    const strict = new ChatTemplate("{{ raise_exception('no system role') }}", tokens);
    expect(() => strict.render([user], [])).toThrow(
      expect.objectContaining({ code: "invalid_request" }),
    );
    expect(() => new ChatTemplate("{% if %}", tokens)).toThrow(
      expect.objectContaining({ code: "unsupported_model" }),
    );
  });
});
