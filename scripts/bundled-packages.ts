// Which packages a program takes from one file each instead of the 600 modules that they are made of: half of what a command took to start was loading those.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** As our own sources import them. */
export const NAMES = [
  'viem',
  'viem/accounts',
  'viem/actions',
  'zod',
  'commander',
  'pino',
  '@noble/curves/secp256k1.js',
  '@noble/hashes/legacy.js',
  '@noble/hashes/sha2.js',
  '@noble/hashes/sha3.js',
  '@scure/bip32',
  '@scure/bip39',
] as const

/**
 * Where the bundle of what is installed in `root`/node_modules belongs: its name has a hash of what npm installed and of how bundles are made, so that one
 * of other packages is never taken. Throws if npm left no list of what it installed.
 */
export function bundleFolder(root: string): string {
  const installed = readFileSync(join(root, 'node_modules', '.package-lock.json'))
  const recipe = ['bundled-packages.ts', 'make/bundled-packages.ts'].map((file) =>
    readFileSync(join(import.meta.dirname, file)),
  )
  const hash = createHash('sha256').update(Buffer.concat([installed, ...recipe]))
  return join(root, 'node_modules', '.cache', `ttx-packages-${hash.digest('hex').slice(0, 16)}`)
}

export function hookFile(folder: string): string {
  return join(folder, 'hook.cjs')
}

/** From here on, the packages come from the bundle of `root`; as they are if there is none, or it cannot be read or is not whole. */
export function useBundledPackages(root: string): void {
  try {
    createRequire(import.meta.url)(hookFile(bundleFolder(root)))
  } catch {
    // The same program, a quarter of a second slower.
  }
}
