import type { TensorInfo, WeightsVariant } from "@qwq-fit/schema";

/** Where a tensor stands and what it counts as, which is all that its name says to the speed model. */
function groupOf({ name, type }: TensorInfo): string {
  const block =
    /^blk\.\d+\./.exec(name)?.[0] ?? (name.startsWith("token_embd") ? "token_embd." : "output.");
  return `${block}${/_exps(\.|$)/.test(name) ? "joined_exps." : "joined."}${type}`;
}

/**
 * A file whose tensors of one block, type and kind (routed experts or not) are joined into one: the sums
 * of bytes and elements stay, some hundred tensors are left of a thousand.
 */
export function condenseTensors(variant: WeightsVariant): WeightsVariant {
  const joined = new Map<string, { type: string; bytes: number; elements: number }>();
  for (const tensor of variant.tensors) {
    const group = groupOf(tensor);
    const sum = joined.get(group) ?? { type: tensor.type, bytes: 0, elements: 0 };
    sum.bytes += tensor.bytes;
    sum.elements += tensor.shape.reduce((product, size) => product * size, 1);
    joined.set(group, sum);
  }
  const tensors = [...joined].map(([name, { type, bytes, elements }]) => ({
    name,
    shape: [elements],
    type,
    bytes,
  }));
  return { ...variant, tensors };
}
