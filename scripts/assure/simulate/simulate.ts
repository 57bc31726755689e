// `npm run simulate`: plays all attacks on the bridge in a seeded world, prints what they cost and bring, and fails if dealing with
// oneself ever paid. With --write it brings docs/economics.md, docs/economics/attacks.md and the pictures up to date.

import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { crowdingTable } from './blobs/crowding.ts'
import { growthTable, walletTable, watchingTable } from './blobs/tables.ts'
import { compare, failuresOf, type Row } from './compare.ts'
import { constantsTable } from './lanes/constants.ts'
import { floodTable, mannerTable, rushTable } from './lanes/tables.ts'
import { measure, type Scenario } from './measure.ts'
import { writeParts } from './page.ts'
import { drawPlots } from './plots.ts'
import { priceTable } from './prices.ts'
import { PLENTY, rivalScenarios, scenarios } from './scenarios.ts'
import { attackTable, budgetTable, kindList, rivalTable } from './table.ts'
import { blockTable } from './traffic/blocks.ts'
import { volumeTable } from './traffic/tables.ts'

const PICTURES = new URL('../../../docs/economics/', import.meta.url)

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    blocks: { type: 'string', default: '100000' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const [seed, blocks] = [Number(values.seed), Number(values.blocks)]
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(blocks) || blocks < 1) {
  console.error(`expected whole numbers for --seed and --blocks, got ${values.seed} and ${values.blocks}`)
  process.exitCode = 2
} else {
  await main()
}

async function main(): Promise<void> {
  const rows = play(scenarios(blocks).filter(({ kind }) => isWanted(kind.name)))
  const rivals = isWanted('rivals') ? play(rivalScenarios()) : []
  const rich = rows.filter(({ measured: { share, budget } }) => share > 0 && budget === PLENTY)
  const poor = rows.filter(({ kind, measured: { budget } }) => kind.needs === 'coins' || budget !== PLENTY)
  const failures = failuresOf([...rows, ...rivals])
  const parts = {
    ...(rivals.length > 0 ? { rivals: rivalTable(rivals) } : {}),
    ...(isWanted('lanes') ? lanes() : {}),
    ...(isWanted('volumes') ? { volumes: volumeTable(seed, say) } : {}),
    ...(await prices()),
  }
  const all = rows.map(({ measured }) => measured)
  if (values.json) console.log(JSON.stringify({ seed, blocks, all, failures, ...parts }, null, 2))
  else console.log([attackTable(rich), budgetTable(poor), profitsOf(rich), ...Object.values(parts)].join('\n\n'))
  if (values.write) await write(rows, rich, poor, parts)
  for (const failure of failures) console.error(`FAILED: ${failure}`)
  if (failures.length > 0) process.exitCode = 1
}

function play(list: readonly Scenario[]): Row[] {
  const all = list.map((scenario, i) => {
    const { kind, share, budget, gwei } = scenario
    const fee = gwei === undefined ? '' : `, ${gwei} gwei`
    say(`${i + 1} of ${list.length}: ${kind.name}, ${Math.round(share * 100)}% of the hash rate, ${budget} ETH${fee}`)
    return measure(scenario, seed)
  })
  return compare(all)
}

function say(text: string): void {
  console.error(text)
}

/** What others are compared with is always played. */
function isWanted(name: string): boolean {
  return values.only === undefined || ['honest', 'washing', ...values.only.split(',')].includes(name)
}

function profitsOf(rows: readonly Row[]): string {
  const paying = rows.filter(({ profits }) => profits)
  if (paying.length === 0) return 'No attack earns more than honest work, beyond the luck of finding blocks.'
  const lines = paying.map(
    ({ kind, measured: { share }, profit, noise }) =>
      `- \`${kind.name}\` at ${Math.round(share * 100)}%: ${profit.toFixed(3)} ± ${noise.toFixed(3)} ETH a day`,
  )
  return ['More than honest work with the same hash rate earn:', '', ...lines].join('\n')
}

/** Tables by name: of single lanes that are full. */
function lanes(): Record<string, string> {
  return { floods: floodTable(seed, say), manners: mannerTable(seed, say), rushes: rushTable(seed, say) }
}

/** Tables by name: what follows from rules and gas, without a world. */
async function prices(): Promise<Record<string, string>> {
  return {
    prices: priceTable(),
    blocks: blockTable(),
    constants: constantsTable(),
    growth: growthTable(),
    wallets: await walletTable(seed),
    watching: watchingTable(),
    crowding: crowdingTable(),
  }
}

/** What is between the marks of the pages is generated. With --only, the tables of all attacks are left as they are. */
async function write(
  rows: readonly Row[],
  rich: readonly Row[],
  poor: readonly Row[],
  parts: Readonly<Record<string, string>>,
): Promise<void> {
  if (values.only !== undefined) {
    await writeParts(parts)
    return
  }
  await writeParts({
    run: `Seed ${seed}, ${rows.reduce((sum, { measured }) => sum + measured.published, 0)} published blocks, ${rows.length} scenarios.`,
    attacks: attackTable(rich),
    budgets: budgetTable(poor),
    kinds: kindList(rows),
    profits: profitsOf(rich),
    ...parts,
  })
  for (const [name, picture] of Object.entries(drawPlots(rows)))
    await writeFile(new URL(`${name}.svg`, PICTURES), picture)
}
