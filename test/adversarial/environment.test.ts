// Attacked: everything at once, by a driver that knows no fault and calls the contract with whatever it accepts: any parent, any torrent, any
// account, in crowds and floods, while time jumps, Ethereum is reorganised, endpoints lie and processes are killed.
// What must hold: every honest process is live again after each move, every wrong block is dead within a minute, nothing wrong is ever final,
// nobody honest loses a bond, and all that honest users asked for is paid.

import { appendFile } from 'node:fs/promises'
import { test } from 'node:test'
import { formatReport } from '../../scripts/assure/soak/report.ts'
import { Driver } from './environment/driver.ts'
import { ROWS_MODES } from './environment/rows.ts'

/** Moves in the ordinary run; more with FUZZ_RUNS, others with FUZZ_SEED and FUZZ_ROWS; FUZZ_WITHOUT leaves some out, FUZZ_LOUD tells each. */
const moves = Number(process.env['FUZZ_RUNS'] ?? 24)
// Of this seed rows are in blobs.
const seed = Number(process.env['FUZZ_SEED'] ?? 6)
const without = new Set((process.env['FUZZ_WITHOUT'] ?? '').split(',').filter((name) => name !== ''))
/** How much one move may do: a soak does more. */
const scale = Number(process.env['FUZZ_SCALE'] ?? 1)
/** Where rows are posted, other than the seed says. */
const rows = ROWS_MODES.find((mode) => mode === process.env['FUZZ_ROWS'])
const bounds = { siblings: 40 * scale, branch: Math.min(128, 24 * scale), flood: 150 * scale }

test(`whatever the bridge accepts, the honest go on (seed ${seed}, ${moves} moves)`, async (t) => {
  const order = { seed, moves, without, bounds, ...(rows === undefined ? {} : { rows }) }
  const driver = await Driver.open(t, process.env['FUZZ_LOUD'] === undefined ? order : { ...order, say: console.log })
  const report = await driver.run()
  t.diagnostic(formatReport(report))
  const file = process.env['FUZZ_REPORT']
  if (file !== undefined) await appendFile(file, `${JSON.stringify(report)}\n`)
})
