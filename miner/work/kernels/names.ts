// The names of the kernels, which every command knows.

/** Those that native/kernels.h has, the slowest first. */
export const NATIVE_NAMES = ['simd128', 'avx2', 'avx512'] as const
export type NativeName = (typeof NATIVE_NAMES)[number]

/** The slowest first, as a rule. `noble` is the reference, which all others are compared with. */
export const KERNELS = ['noble', 'wasm', ...NATIVE_NAMES] as const
export type KernelName = (typeof KERNELS)[number]
