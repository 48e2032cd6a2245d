import { lookUp } from "./look-up.ts";

/** Makers of GPUs by their PCI or Vulkan vendor id (PCI ID repository; Khronos VkVendorId). */
const BY_ID: Readonly<Record<string, string>> = {
  "10de": "nvidia",
  "1002": "amd",
  "1022": "amd",
  "8086": "intel",
  "5143": "qualcomm",
  "17cb": "qualcomm",
  "106b": "apple",
  "13b5": "arm",
  "1010": "imagination",
  "14e4": "broadcom",
  "1ed5": "moore-threads",
  "1d94": "hygon",
};

const BY_NAME: readonly (readonly [RegExp, string])[] = [
  [/nvidia|geforce|quadro|tesla/i, "nvidia"],
  [/amd|radeon|instinct/i, "amd"],
  [/intel|\barc\b|iris/i, "intel"],
  [/adreno|qualcomm/i, "qualcomm"],
  [/apple/i, "apple"],
  [/mali|immortalis/i, "arm"],
  [/\bMTT\b/, "moore-threads"],
];

/** Vendor of "10de:2684"; null where unknown. */
export function vendorOfPciId(pciId: string | null): string | null {
  return lookUp(BY_ID, pciId?.slice(0, 4) ?? "");
}

/** Vendor by the words in a device's name; "unknown" where none is known. */
export function vendorOfName(name: string): string {
  return BY_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? "unknown";
}
