// The process that is killed: runs the script from a given stage in a given folder and names each stage that it completed.

import { Ledger } from '../../../../node/ledger/ledger.ts'
import { doStage, makeScript } from './kill-script.ts'
import { GENESIS, NOW_MS, RULES, SILENT } from './world.ts'

const [folder = '', first = '0', feed] = process.argv.slice(2)
let now = NOW_MS
const clock = () => now++
const limits = { batchRows: 50 }
const ledger = new Ledger({
  database: folder,
  rules: RULES,
  genesis: GENESIS,
  log: SILENT,
  clock,
  limits,
  ...(feed ? { feed: { keep: 'all' } as const } : {}),
})
await ledger.start()
const stages = makeScript()
for (let i = Number(first); i < stages.length; i++) {
  const stage = stages[i]
  if (stage !== undefined) await doStage(ledger, stage)
  process.stdout.write(`${i}\n`)
}
await ledger.stop()
