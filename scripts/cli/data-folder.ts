// The layout of the data folder, in one place.
//
//   <data>/                  ~/.torrenttx/<network> unless --data or TTX_DATA says otherwise
//     wallets/<name>.json    keys: Ethereum keystore V3, mode 0600; back these up, or the words

import { join } from 'node:path'

export type DataFolder = { readonly root: string; readonly wallets: string }

/** Paths only; nothing is created or read. */
export function dataFolder(root: string): DataFolder {
  return { root, wallets: join(root, 'wallets') }
}
