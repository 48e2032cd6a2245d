// A chat screen for Expo (app/index.tsx), over your edge router. `expo/fetch` streams, which React Native's own does
// not; with that one the same screen works, and the answer comes in one piece.
import { type Client, createClient } from "@qwq-fit/client";
import { fetch } from "expo/fetch";
import { useRef, useState } from "react";
import { Button, FlatList, Text, TextInput, View } from "react-native";

interface Line {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** `key` is this user's own: ask your login for it, keep it in SecureStore. */
function client(edge: string, key: () => Promise<string>): Client {
  return createClient({ model: "qwq-32b", mode: "continue", cloud: { edge, apiKey: key }, fetch });
}

export default function ChatScreen(props: { edge: string; sessionKey: () => Promise<string> }) {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [text, setText] = useState("");
  const [note, setNote] = useState("");
  const [abort, setAbort] = useState<AbortController | null>(null);
  const ai = useRef<Client | null>(null);

  async function send(): Promise<void> {
    const messages: readonly Line[] = [...lines, { role: "user", content: text }];
    const stopper = new AbortController();
    setText("");
    setAbort(stopper);
    try {
      ai.current ??= client(props.edge, props.sessionKey);
      const stream = await ai.current.chat.completions.create(
        { messages, max_tokens: 2048, stream: true },
        { signal: stopper.signal },
      );
      let content = "";
      for await (const chunk of stream) {
        const delta = chunk.choices[0]?.delta;
        content += delta?.content ?? "";
        setNote(content === "" ? "Thinking …" : "");
        setLines([...messages, { role: "assistant", content }]);
      }
      setNote(`answered by ${(await stream.receipt).node}`);
    } catch (error) {
      setNote(error instanceof Error ? error.message : "it failed");
    } finally {
      setAbort(null);
    }
  }

  return (
    <View style={{ flex: 1, padding: 16 }}>
      <FlatList
        data={lines}
        keyExtractor={(_, index) => String(index)}
        renderItem={({ item }) => <Text>{`${item.role}: ${item.content}`}</Text>}
      />
      <Text>{note}</Text>
      <TextInput value={text} onChangeText={setText} placeholder="Message" />
      {abort === null ? (
        <Button title="Send" disabled={text === ""} onPress={() => void send()} />
      ) : (
        <Button title="Stop" onPress={() => abort.abort()} />
      )}
    </View>
  );
}
