/** A caller's key for the bench. */
export const BENCH_SECRET: string = "A".repeat(40);
export const BENCH_KEY: string = `qf_bench1_${BENCH_SECRET}`;
