import type { SamplingDefaults } from "@qwq-fit/schema";

/** The model that a server offers, as its clients see it. */
export interface ServedModel {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly quantization: string | null;
  readonly thinks: "always" | "switchable" | "never";
  /** From the model's card: used where a request says nothing. */
  readonly sampling: SamplingDefaults;
  readonly license: string | null;
  readonly fileSha256: string | null;
  /** Seconds since 1970. */
  readonly created: number;
}
