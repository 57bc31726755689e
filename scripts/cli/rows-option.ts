// Where the miner of a network on this machine posts the rows of its blocks.

import { Option } from 'commander'
import { ROWS, type RowsChoice } from '../../miner/rows-choice.ts'

/** Without a default it is blobs, or on a chain that is somebody else's calldata, which every chain takes: Hardhat's has no cell proofs. */
export function rowsOption(by?: RowsChoice): Option {
  const text = 'where the miner posts the rows of its blocks: in blobs, in calldata, or where they are worth most'
  const option = new Option('--rows <where>', by === undefined ? `${text} (default: blobs; with --on calldata)` : text)
  option.choices(['auto', ...ROWS])
  return by === undefined ? option : option.default(by)
}
