// `npm run simulate`: plays all attacks on the bridge in a seeded world, prints what they cost and bring, and fails if dealing with
// oneself ever paid. With --write it brings docs/economics.md and its pictures up to date.

import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { compare, failuresOf, type Row } from './compare.ts'
import { constantsTable } from './lanes/constants.ts'
import { floodTable, mannerTable, rushTable } from './lanes/tables.ts'
import { measure } from './measure.ts'
import { writeParts } from './page.ts'
import { drawPlots } from './plots.ts'
import { priceTable } from './prices.ts'
import { PLENTY, scenarios } from './scenarios.ts'
import { attackTable, budgetTable, kindList } from './table.ts'

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
  const list = scenarios(blocks).filter(({ kind }) => isWanted(kind.name))
  const all = list.map((scenario, i) => {
    const { kind, share, budget } = scenario
    console.error(
      `${i + 1} of ${list.length}: ${kind.name}, ${Math.round(share * 100)}% of the hash rate, ${budget} ETH`,
    )
    return measure(scenario, seed)
  })
  const rows = compare(all)
  const rich = rows.filter(({ measured: { share, budget } }) => share > 0 && budget === PLENTY)
  const poor = rows.filter(({ kind, measured: { budget } }) => kind.needs === 'coins' || budget !== PLENTY)
  const failures = failuresOf(rows)
  const floods = isWanted('lanes') ? lanes() : {}
  if (values.json) console.log(JSON.stringify({ seed, blocks, all, failures, ...floods }, null, 2))
  else console.log([attackTable(rich), budgetTable(poor), profitsOf(rich), ...Object.values(floods)].join('\n\n'))
  if (values.write) await write(rows, rich, poor, floods)
  for (const failure of failures) console.error(`FAILED: ${failure}`)
  if (failures.length > 0) process.exitCode = 1
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
  const say = (text: string) => console.error(text)
  return {
    floods: floodTable(seed, say),
    manners: mannerTable(seed, say),
    rushes: rushTable(seed, say),
    constants: constantsTable(),
  }
}

/** What is between the marks of the page is generated. With --only, just the tables of the lanes are: the others need all attacks. */
async function write(
  rows: readonly Row[],
  rich: readonly Row[],
  poor: readonly Row[],
  floods: Readonly<Record<string, string>>,
): Promise<void> {
  if (values.only !== undefined) {
    await writeParts(floods)
    return
  }
  await writeParts({
    run: `Seed ${seed}, ${rows.reduce((sum, { measured }) => sum + measured.published, 0)} published blocks, ${rows.length} scenarios.`,
    prices: priceTable(),
    attacks: attackTable(rich),
    budgets: budgetTable(poor),
    kinds: kindList(rows),
    profits: profitsOf(rich),
    ...floods,
  })
  for (const [name, picture] of Object.entries(drawPlots(rows)))
    await writeFile(new URL(`${name}.svg`, PICTURES), picture)
}
