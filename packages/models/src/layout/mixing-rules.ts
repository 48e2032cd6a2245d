import type { MixFacts, TensorCategory } from "./tensor-category.ts";

/** What a rule sees of a tensor: which of its kind it is, of how many. */
export interface MixPlace {
  /** How many attention-value tensors came before, and how many there are. */
  readonly value: number;
  readonly values: number;
  /** The feed-forward tensor's layer, and the number of layers. */
  readonly layer: number;
  readonly layers: number;
  /** How many ffn_down tensors came before: the IQ1 and IQ2 mixes count these. */
  readonly down: number;
}

type Rule = (mix: string, facts: MixFacts, place: MixPlace) => string | null;

/** llama.cpp v0.5.0 src/llama-quant.cpp, use_more_bits: the first and last eighth, and every third between. */
function usesMoreBits(index: number, count: number): boolean {
  const eighth = Math.floor(count / 8);
  return (
    index < eighth ||
    index >= Math.floor((7 * count) / 8) ||
    (index >= eighth && (index - eighth) % 3 === 2)
  );
}

const TINY_MIXES: ReadonlySet<string> = new Set([
  "IQ1_S",
  "IQ1_M",
  "IQ2_XXS",
  "IQ2_XS",
  "IQ2_S",
  "IQ2_M",
]);

/** The type that a mix gives a tensor of this category instead of its base type, or null for the base type. */
export function mixedType(
  category: TensorCategory,
  mix: string,
  facts: MixFacts,
  place: MixPlace,
): string | null {
  if (category === "token-embedding") return embeddingType(mix);
  if (TINY_MIXES.has(mix)) return tinyType(category, mix, facts, place);
  return RULES[category]?.(mix, facts, place) ?? null;
}

/** Mixes whose output matrix, or embedding where that is also the output, is Q5_K instead of Q6_K. */
const SMALL_OUTPUT_MIXES: ReadonlySet<string> = new Set([...TINY_MIXES, "IQ3_XXS"]);

/** The type of the output matrix: Q8_0 where its rows do not divide, Q8_0 stays, else Q6_K or Q5_K. */
export function outputType(mix: string, baseType: string, rowFits: boolean): string {
  if (mix === "MXFP4_MOE" || !rowFits || baseType === "Q8_0") return "Q8_0";
  return SMALL_OUTPUT_MIXES.has(mix) ? "Q5_K" : "Q6_K";
}

function embeddingType(mix: string): string | null {
  if (mix === "IQ2_XXS" || mix === "IQ2_XS" || mix === "IQ1_S" || mix === "IQ1_M") return "Q2_K";
  if (mix === "IQ2_S" || mix === "IQ2_M" || mix === "IQ3_XXS") return "IQ3_S";
  if (mix === "TQ1_0" || mix === "TQ2_0" || mix === "Q2_0") return "Q4_K";
  return null;
}

function tinyType(
  category: TensorCategory,
  mix: string,
  facts: MixFacts,
  place: MixPlace,
): string | null {
  const better = mix === "IQ2_S" || mix === "IQ2_M" ? "IQ3_S" : "Q2_K";
  if (category === "attention-value" || category === "attention-qkv") {
    return facts.groupSize >= 4 || facts.experts >= 4 ? "Q4_K" : better;
  }
  if (category === "attention-key") return facts.experts === 8 ? "Q4_K" : null;
  if (category === "feed-forward-down") {
    return place.down < Math.floor(place.layers / 8) ? better : null;
  }
  if (category !== "attention-output") return null;
  if (facts.experts === 8) return "Q5_K";
  if (mix === "IQ1_S" || mix === "IQ1_M") return "IQ2_XXS";
  return better === "IQ3_S" ? "IQ3_S" : null;
}

const RULES: Readonly<Partial<Record<TensorCategory, Rule>>> = {
  "attention-value": valueType,
  // The engine asks for attention-value-like tensors first, so fused ones follow the same rule.
  "attention-qkv": valueType,
  "attention-key": (mix, facts) => (facts.experts === 8 ? "Q8_0" : (QUERY_KEY_TYPES[mix] ?? null)),
  "attention-query": (mix) => QUERY_KEY_TYPES[mix] ?? null,
  "attention-output": attentionOutputType,
  "feed-forward-down": downType,
  "feed-forward-gate": gateType,
  "feed-forward-up": gateType,
};

const QUERY_KEY_TYPES: Readonly<Record<string, string>> = { IQ3_XS: "IQ3_XXS", IQ3_XXS: "IQ2_S" };

function valueType(mix: string, facts: MixFacts, place: MixPlace): string | null {
  if (facts.experts === 8) return "Q8_0";
  const type = plainValueType(mix, facts, place);
  // "70B": eight heads share a value matrix, so more bits for it cost little.
  const final = type ?? facts.baseType;
  return facts.is70B && (final === "Q3_K" || final === "Q4_K") ? "Q5_K" : type;
}

function plainValueType(mix: string, facts: MixFacts, place: MixPlace): string | null {
  const shared = facts.groupSize >= 4;
  switch (mix) {
    case "Q2_K":
      return shared ? "Q4_K" : "Q3_K";
    case "Q2_K_S":
    case "IQ3_XS":
    case "IQ3_S":
      return shared ? "Q4_K" : null;
    case "IQ3_XXS":
      if (shared) return "Q4_K";
      return facts.imatrix ? "IQ3_XXS" : "IQ3_S";
    case "IQ3_M":
      return "Q4_K";
    case "Q3_K_M":
      return place.value < 2 ? "Q5_K" : "Q4_K";
    case "Q3_K_L":
      return "Q5_K";
    case "IQ4_NL":
    case "IQ4_XS":
      return shared ? "Q5_K" : null;
    case "Q4_K_M":
    case "Q5_K_M":
      return usesMoreBits(place.value, place.values) ? "Q6_K" : null;
    case "Q4_K_S":
      return place.value < 4 ? "Q5_K" : null;
    default:
      return null;
  }
}

function downType(mix: string, facts: MixFacts, place: MixPlace): string | null {
  const early = place.layer < Math.floor(place.layers / 8);
  const more = usesMoreBits(place.layer, place.layers);
  switch (mix) {
    case "Q2_K":
      return "Q3_K";
    case "Q2_K_S":
      return early ? "Q4_K" : null;
    case "IQ3_XXS":
      if (facts.imatrix) return null;
      return early ? "Q4_K" : "Q3_K";
    case "Q3_K_M":
      return place.layer < Math.floor(place.layers / 16) ? "Q5_K" : "Q4_K";
    case "IQ3_M":
      return early || (facts.experts === 8 && more) ? "Q4_K" : null;
    case "Q3_K_L":
      return "Q5_K";
    case "Q4_K_M":
    case "Q5_K_M":
      return more ? "Q6_K" : null;
    case "IQ4_NL":
    case "IQ4_XS":
      return early && !facts.imatrix ? "Q5_K" : null;
    case "Q4_K_S":
      return early ? "Q5_K" : null;
    case "Q4_0":
      return facts.imatrix && early ? "Q4_1" : null;
    case "Q5_0":
      return facts.imatrix && early ? "Q5_1" : null;
    default:
      return null;
  }
}

/** Mixes that lift the attention output of an eight-expert model to Q5_K. */
const EIGHT_EXPERT_OUTPUT_MIXES: ReadonlySet<string> = new Set(
  "Q2_K IQ3_XS IQ3_XXS Q3_K_S Q3_K_M IQ4_NL Q4_K_S Q4_K_M IQ3_S IQ3_M IQ4_XS".split(" "),
);

const OUTPUT_TYPES: Readonly<Record<string, string>> = {
  Q2_K: "Q3_K",
  IQ3_XXS: "IQ3_S",
  Q3_K_M: "Q4_K",
  Q3_K_L: "Q5_K",
  IQ3_M: "Q4_K",
};

function attentionOutputType(mix: string, facts: MixFacts): string | null {
  if (facts.experts === 8) return EIGHT_EXPERT_OUTPUT_MIXES.has(mix) ? "Q5_K" : null;
  return OUTPUT_TYPES[mix] ?? null;
}

function gateType(mix: string, _facts: MixFacts, place: MixPlace): string | null {
  const middle =
    place.layer >= Math.floor(place.layers / 8) && place.layer < Math.floor((7 * place.layers) / 8);
  return mix === "IQ3_XS" && middle ? "IQ3_XXS" : null;
}
