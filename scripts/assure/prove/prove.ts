// `npm run prove [-- function …]`: proves properties of the contracts' libraries for all inputs with Z3, from the source that is
// deployed. Exits with 1 if a claim is refuted or not decided.

import { parseArgs } from 'node:util'
import { init } from 'z3-solver'
import { INTEGER_PROOFS, WORD_PROOFS } from './claims.ts'
import { readIntegers } from './integers.ts'
import { Contracts } from './source.ts'
import { readWords, symbol, WORD_TYPES } from './words.ts'

/** What is asked about one function, in SMT-LIB: `base` is what holds of it, and a claim is proved if its negation cannot be. */
type Questions = {
  readonly function: string
  readonly given: string
  readonly base: readonly string[]
  readonly claims: readonly { readonly about: string; readonly term: string }[]
}
type Answer = 'proved' | 'refuted' | 'not decided'

const { positionals: words, values: flags } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, seconds: { type: 'string', default: '120' } },
})

const contracts = new Contracts()
const { Z3 } = await init()
const rows: { function: string; given: string; about: string; answer: Answer; seconds: number }[] = []
for (const { function: name, given, base, claims } of [...aboutIntegers(), ...aboutWords()]) {
  if (!words.every((word) => name.includes(word))) continue
  // From assumptions that contradict each other, everything would follow.
  if ((await ask(base)) === 'unsat') throw new Error(`${name}: expected assumptions that can be met`)
  for (const { about, term } of claims) {
    const startedMs = performance.now()
    const found = await ask([...base, `(assert (not ${term}))`])
    const answer = found === 'unsat' ? 'proved' : found === 'sat' ? 'refuted' : 'not decided'
    const seconds = Math.round((performance.now() - startedMs) / 100) / 10
    rows.push({ function: name, given, about, answer, seconds })
    if (!flags.json) console.log(`${answer.padEnd(11)} ${name}: ${about} (given ${given}; ${seconds} s)`)
  }
}
const proved = rows.filter(({ answer }) => answer === 'proved').length
console.log(flags.json ? JSON.stringify(rows, undefined, 2) : `${proved} of ${rows.length} claims proved`)
// Z3's threads would keep the process.
process.exit(proved === rows.length && rows.length > 0 ? 0 : 1)

function aboutIntegers(): Questions[] {
  return INTEGER_PROOFS.map(({ function: name, given, assume, claims }) => {
    const reading = readIntegers(contracts, name)
    const { declarations, facts, obligations } = reading
    const safe = {
      about: 'no unchecked operation leaves 0 to 2^256 - 1, no cast cuts',
      term: `(and true ${obligations.join(' ')})`,
    }
    return {
      function: name,
      given,
      base: [...declarations, ...facts.map((fact) => `(assert ${fact})`), `(assert ${assume})`],
      claims: [safe, ...claims.map(({ about, holds }) => ({ about, term: holds(reading) }))],
    }
  })
}

function aboutWords(): Questions[] {
  return WORD_PROOFS.map(({ function: name, inputs, part, given, assume, claims }) => {
    const reading = readWords(contracts, name, inputs, part)
    return {
      function: name,
      given,
      base: [WORD_TYPES, ...inputs.map((input) => `(declare-const ${symbol(input)} Word)`), `(assert ${assume})`],
      claims: claims.map(({ about, holds }) => ({ about, term: holds(reading) })),
    }
  })
}

/** `sat`, `unsat` or `unknown`. */
async function ask(lines: readonly string[]): Promise<string> {
  const config = Z3.mk_config()
  const context = Z3.mk_context(config)
  try {
    const query = [`(set-option :timeout ${Number(flags.seconds) * 1_000})`, ...lines, '(check-sat)'].join('\n')
    const answer = (await Z3.eval_smtlib2_string(context, query)).trim()
    if (/timeout|canceled/.test(answer)) return 'unknown'
    if (!['sat', 'unsat', 'unknown'].includes(answer)) throw new Error(`expected an answer of Z3, got ${answer}`)
    return answer
  } finally {
    Z3.del_context(context)
    Z3.del_config(config)
  }
}
