/** One kibibyte in bytes. */
export const KiB = 1024;
/** One mebibyte in bytes. The engine prints its buffers in this unit. */
export const MiB: number = 1024 * KiB;
/** One gibibyte in bytes. People are shown this unit; values are bytes. */
export const GiB: number = 1024 * MiB;
