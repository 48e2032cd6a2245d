import type { Backend } from "@qwq-fit/schema";

/** How a vendor's devices show on the bus and in /dev, for machines where its tool does not tell of them. */
export interface BusVendor {
  readonly vendor: string;
  readonly kind: "gpu" | "npu";
  readonly backend: Backend | null;
  readonly tool: string;
  /** PCI vendor ids. Devices of display or accelerator class count, and the ids that are named. */
  readonly pciVendors: readonly string[];
  /** Names by PCI id. */
  readonly names: Readonly<Record<string, string>>;
  /** Ids that are no accelerator though the vendor is right: management controllers with a screen. */
  readonly notDevices: readonly string[];
  /** Numbered nodes of /dev, or of a folder below it. */
  readonly nodes: readonly { readonly folder: string; readonly name: RegExp }[];
}

const DEV = "/dev";

/**
 * Sources: PCI ID repository (2026-08-22), flagos-ai/build-infra and gpustack/runtime @88026d6 for nodes. Huawei's
 * device ids and Biren's vendor id are not in the repository.
 */
export const BUS_VENDORS: readonly BusVendor[] = [
  {
    vendor: "huawei",
    kind: "npu",
    backend: "cann",
    tool: "npu-smi",
    pciVendors: ["19e5"],
    names: {
      "19e5:d100": "Ascend 310",
      "19e5:d500": "Ascend 310P",
      "19e5:d801": "Ascend 910A",
      "19e5:d802": "Ascend 910B",
      "19e5:d803": "Ascend 910C",
    },
    // Hi171x: the screen of the board's management controller.
    notDevices: ["19e5:1710", "19e5:1711"],
    nodes: [{ folder: DEV, name: /^davinci(\d{1,4})$/ }],
  },
  {
    vendor: "sophgo",
    kind: "npu",
    backend: "sophon",
    tool: "bm-smi",
    pciVendors: ["1f1c", "1e30"],
    names: { "1f1c:1686": "Sophgo BM1684X", "1e30:1684": "Sophgo BM1684" },
    notDevices: ["1e30:2042"],
    nodes: [
      { folder: DEV, name: /^bm-sophon(\d{1,4})$/ },
      { folder: DEV, name: /^bm-tpu(\d{1,4})$/ },
    ],
  },
  {
    vendor: "biren",
    kind: "gpu",
    backend: "supa",
    tool: "brsmi",
    pciVendors: ["1ee0"],
    names: {},
    notDevices: [],
    nodes: [{ folder: `${DEV}/biren`, name: /^card_(\d{1,4})$/ }],
  },
  {
    vendor: "moore-threads",
    kind: "gpu",
    backend: "musa",
    tool: "mthreads-gmi",
    pciVendors: ["1ed5"],
    names: {
      "1ed5:0200": "MTT S80",
      "1ed5:0201": "MTT S80",
      "1ed5:0202": "MTT S70",
      "1ed5:0222": "MTT S3000",
      "1ed5:0225": "MTT S3000E",
      "1ed5:0301": "MTT S90",
      "1ed5:0323": "MTT S4000",
      "1ed5:0327": "MTT S4000",
      "1ed5:0328": "MTT S4000",
    },
    notDevices: [],
    nodes: [{ folder: DEV, name: /^mtgpu\.(\d{1,4})$/ }],
  },
  {
    vendor: "cambricon",
    kind: "npu",
    backend: "neuware",
    tool: "cnmon",
    pciVendors: ["cabc"],
    names: { "cabc:0270": "Cambricon MLU270-S4", "cabc:0370": "Cambricon MLU370-S4" },
    notDevices: [],
    nodes: [{ folder: DEV, name: /^cambricon_dev(\d{1,4})$/ }],
  },
  {
    vendor: "hygon",
    kind: "gpu",
    backend: "dtk",
    tool: "hy-smi",
    pciVendors: ["1d94"],
    names: { "1d94:6211": "Hygon K100_AI" },
    notDevices: [],
    // Hygon's nodes are AMD's (/dev/kfd, /dev/dri): they tell nothing of the maker.
    nodes: [],
  },
  {
    vendor: "metax",
    kind: "gpu",
    backend: "maca",
    tool: "mx-smi",
    pciVendors: ["9999"],
    names: { "9999:0a01": "MetaX C500" },
    notDevices: [],
    nodes: [],
  },
  {
    vendor: "iluvatar",
    kind: "gpu",
    backend: "corex",
    tool: "ixsmi",
    pciVendors: ["1e3e"],
    names: { "1e3e:0002": "Iluvatar MR-V100" },
    notDevices: [],
    nodes: [{ folder: DEV, name: /^iluvatar(\d{1,4})$/ }],
  },
  {
    vendor: "kunlun",
    kind: "npu",
    backend: null,
    tool: "xpu-smi",
    pciVendors: ["1d22"],
    names: {
      "1d22:3684": "Kunlun AI Accelerator",
      "1d22:3685": "Kunlun2 AI Accelerator VF",
    },
    notDevices: [],
    nodes: [{ folder: DEV, name: /^xpu(\d{1,4})$/ }],
  },
  {
    vendor: "t-head",
    kind: "gpu",
    backend: null,
    tool: "ppu-smi",
    pciVendors: ["1ded"],
    names: {},
    notDevices: [],
    nodes: [{ folder: DEV, name: /^alixpu_ppu(\d{1,4})$/ }],
  },
  {
    vendor: "enflame",
    kind: "npu",
    backend: null,
    tool: "efsmi",
    pciVendors: ["1e36"],
    names: { "1e36:c035": "Enflame S60" },
    notDevices: [],
    nodes: [],
  },
  {
    vendor: "vastai",
    kind: "npu",
    backend: null,
    tool: "vasmi",
    pciVendors: ["1ec6"],
    names: {},
    notDevices: [],
    nodes: [],
  },
];
