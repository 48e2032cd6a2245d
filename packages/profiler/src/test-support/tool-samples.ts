/**
 * One small sample of each tool, file and server that a probe reads, in the form that it documents, with made-up figures.
 * By what it is: a command line, a path, or "port/path" of a local server.
 */
export const TOOL_SAMPLES: Readonly<Record<string, string>> = {
  "nvidia-smi -q -x": `<?xml version="1.0" ?>
<nvidia_smi_log><driver_version>570.1</driver_version><gpu id="00000000:01:00.0"><product_name>NVIDIA L4</product_name>
<mig_mode><current_mig>Enabled</current_mig></mig_mode><mig_devices><mig_device><index>0</index><gpu_instance_id>1</gpu_instance_id>
<fb_memory_usage><total>9984 MiB</total><free>9968 MiB</free></fb_memory_usage></mig_device></mig_devices>
<pci><pci_device_id>27B810DE</pci_device_id></pci><processes><process_info><pid>7</pid><process_name>python</process_name>
<used_memory>10 MiB</used_memory></process_info></processes></gpu>
<gpu id="00000000:02:00.0"><product_name>NVIDIA L4</product_name><fb_memory_usage><total>23034 MiB</total><free>20000 MiB</free></fb_memory_usage></gpu></nvidia_smi_log>`,
  "nvidia-smi -L": "GPU 0: NVIDIA L4 (UUID: GPU-1)\n  MIG 1g.10gb     Device  0: (UUID: MIG-1)\n",
  "nvidia-smi --query-gpu=index,compute_cap --format=csv,noheader": "0, 8.9\n1, 8.9\n",
  vulkaninfo:
    "GPU0:\n\tvendorID = 0x8086\n\tdeviceID = 0x56a0\n\tdeviceType = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU\n\tdeviceName = Intel(R) Arc(TM) A770\n" +
    "\tmemoryHeaps[0]:\n\t\tsize = 17179869184 (0x400000000)\n\t\tbudget = 100\n\t\tusage = 1\n\t\tflags: count = 1\n\t\t\tMEMORY_HEAP_DEVICE_LOCAL_BIT\n",
  "amd-smi static --asic --bus --vram --driver --json":
    '[{"gpu":0,"asic":{"market_name":"Radeon","device_id":"0x744c","target_graphics_version":"gfx1100"},"bus":{"bdf":"0000:03:00.0"},"vram":{"size":{"value":24560,"unit":"MB"}}}]',
  "amd-smi metric --mem-usage --json":
    '[{"gpu":0,"mem_usage":{"total_vram":{"value":24560,"unit":"MB"},"used_vram":{"value":20,"unit":"MB"}}}]',
  "rocm-smi --json":
    '{"card0":{"Card Series":"Radeon","VRAM Total Memory (B)":"25753026560","VRAM Total Used Memory (B)":"27856896","PCI Bus":"0000:03:00.0"},"system":{"Driver version":"6.8"}}',
  rocminfo:
    "Agent 1\n  Name: gfx1100\n  Marketing Name: Radeon\n  Vendor Name: AMD\n  Device Type: GPU\n  BDFID: 768\n      Size: 25149440(0x17fc000) KB\n",
  "xpu-smi discovery -j":
    '{"device_list":[{"device_id":0,"device_name":"Intel(R) Arc(TM) A770","pci_bdf_address":"0000:03:00.0","pci_device_id":"0x56a0","memory_physical_size_byte":"17179869184"}]}',
  "npu-smi info":
    "| npu-smi 24.1.rc2    Version: 24.1.rc2  |\n| NPU   Name   | Health | Power(W) |\n| Chip  | Bus-Id | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB) |\n" +
    "| 0     910B4  | OK     | 89.9   39   0    / 0 |\n| 0            | 0000:41:00.0  | 0   0    / 0          2922 / 32768 |\n" +
    "| NPU  Chip | Process id | Process name | Process memory(MB) |\n| 0  0 | 42 | python3 | 900 |\n",
  "npu-smi info -m":
    "NPU ID    Chip ID    Chip Logic ID    Chip Name\n0         0          0                Ascend 910B4\n",
  "mthreads-gmi": "0    MTT S80        |00000000:04:00.0    |0%    2MiB(16384MiB)\n",
  cnmon:
    "| 0     /   MLU370-X8    v1.1.6 |         0000:39:00.0 | 0%                N/A |\n|  0%   32C        106 W/ 250 W |     0 MiB/ 23374 MiB | N/A           Default |\n",
  "hy-smi --json": '{"card0":{"Card Series":"K100","vram Total Memory (MiB)":"65520"}}',
  "mx-smi":
    "| 0           MetaX C500             | 0000:0e:00.0        | 0%                   |\n| 36C         69W / 350W             | 5680/65536 MiB      |                      |\n",
  ixsmi:
    "| 0    Iluvatar BI-V150S        | 00000000:8A:00.0     | 500MHz    1600MHz    |\n| 0%   33C   P0    N/A / N/A    | 114MiB / 32768MiB    | 0%        Default    |\n",
  "bm-smi --noloop":
    "| 0  1684X-EVB   PCIE HQATEVBAIAIAI0001 | 0    42C     45C     12W   750mV  OFF    N/A          0% |\n|   N/A   N/A   N/A   25M    1000M   N/A|000:01:00.0 Active   1000M       N/A     0MB/14679MB      |\n",
  brsmi: "0, 512, 32000, Biren106M\n",
  "lspci -Dnn":
    "0000:41:00.0 Processing accelerators [1200]: MetaX Tech C500 [9999:0a01] (rev 01)\n",
  sysctl:
    "hw.memsize: 34359738368\nhw.physicalcpu: 10\nhw.optional.arm64: 1\nmachdep.cpu.brand_string: Apple M4\n",
  vm_stat:
    "Mach Virtual Memory Statistics: (page size of 16384 bytes)\nPages free: 100000.\nPages inactive: 4.\n",
  osascript: '{"name":"Apple M4","recommended":22906503168,"unified":true}',
  system_profiler: '{"SPDisplaysDataType":[{"sppci_model":"Apple M4","sppci_cores":"10"}]}',
  powershell:
    "controller|NVIDIA L4||PCI\\VEN_10DE&DEV_27B8|31.0\nregistry|NVIDIA L4|24000000000|PCI\\VEN_10DE&DEV_27B8|31.0\navx2\n",
  "ollama --version": "ollama version is 0.12.3\n",
  "/proc/cpuinfo":
    "processor\t: 0\nmodel name\t: A CPU\nphysical id\t: 0\ncore id\t: 0\nflags\t: avx2 avx512f\n",
  "/proc/meminfo":
    "MemTotal: 33554432 kB\nMemAvailable: 16777216 kB\nSwapTotal: 1 kB\nSwapFree: 1 kB\n",
  "/proc/self/cgroup": "4:memory:/a\n2:cpu,cpuacct:/a\n0::/a/b\n",
  "/proc/self/mountinfo":
    "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
  "/proc/self/status": "Name:\tnode\nCpus_allowed_list:\t0-3,8\n",
  "/sys/fs/cgroup/a/memory.max": "8589934592\n",
  "/sys/fs/cgroup/a/memory.current": "1073741824\n",
  "/sys/fs/cgroup/a/memory.stat": "inactive_file 1000\n",
  "/sys/fs/cgroup/a/b/cpu.max": "150000 100000\n",
  "/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12"\nVERSION_ID="12"\n',
  "/sys/bus/pci/devices/0000:03:00.0/uevent":
    "DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:744C\nPCI_SLOT_NAME=0000:03:00.0\n",
  "/sys/bus/pci/devices/0000:03:00.0/mem_info_vram_total": "25753026560\n",
  "/sys/module/ttm/parameters/pages_limit": "1000000\n",
  "/sys/class/power_supply/BAT0/type": "Battery\n",
  "/sys/class/power_supply/BAT0/capacity": "80\n",
  "11434/api/version": '{"version":"0.12.3"}',
  "11434/api/tags": '{"models":[{"name":"qwq:32b"}]}',
  "8080/v1/models": '{"data":[{"id":"qwq","owned_by":"llamacpp"}]}',
  "8080/props": '{"build_info":"b1"}',
};
