// What chat-screen.tsx uses of React, React Native and Expo, so that it is type-checked here without them. Leave this
// file behind when you copy the screen: your app has the real types.
declare module "react" {
  export function useState<T>(initial: T): [T, (next: T) => void];
  export function useRef<T>(initial: T): { current: T };
}
declare module "react/jsx-runtime" {
  export const jsx: unknown;
  export const jsxs: unknown;
  export namespace JSX {
    interface Element {
      readonly type: unknown;
    }
    interface ElementChildrenAttribute {
      children: unknown;
    }
  }
}
declare module "react-native" {
  import type { JSX } from "react/jsx-runtime";
  type Component<P> = (props: P) => JSX.Element;
  type Children = JSX.Element | string | readonly (JSX.Element | string)[];
  export const View: Component<{ style?: object; children?: Children }>;
  export const Text: Component<{ children?: Children }>;
  export const Button: Component<{ title: string; onPress: () => void; disabled?: boolean }>;
  export const TextInput: Component<{
    value: string;
    onChangeText: (text: string) => void;
    placeholder?: string;
  }>;
  export function FlatList<T>(props: {
    data: readonly T[];
    keyExtractor: (item: T, index: number) => string;
    renderItem: (info: { item: T }) => JSX.Element;
  }): JSX.Element;
}
declare module "expo/fetch" {
  const streamingFetch: typeof globalThis.fetch;
  export { streamingFetch as fetch };
}
