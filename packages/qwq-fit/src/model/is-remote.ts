/** Whether a name says itself that it stands on a hub or at an address. */
export function isRemote(name: string): boolean {
  return /^(?:https?:\/\/|hf:|huggingface:|ms:|modelscope:|(?:www\.)?(?:hf\.co|huggingface\.co|modelscope\.cn)\/)/iu.test(
    name,
  );
}
