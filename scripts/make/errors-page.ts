// Writes docs/errors.md from the tables of error codes: `npx node scripts/make/errors-page.ts`. A test holds the two together.

import { writeFile } from 'node:fs/promises'
import { OPERATION_CODES, OPERATION_FACTS } from '../../node/error-codes.ts'
import type { FactForms } from '../../node/protocol/facts.ts'
import { RULE_CODES, RULE_FACTS } from '../../node/protocol/rule-codes.ts'

export const ERRORS_PAGE = new URL('../../docs/errors.md', import.meta.url)

/** The whole page. */
export function errorsPage(): string {
  return `# Errors

<!-- Written by scripts/make/errors-page.ts from node/error-codes.ts and node/protocol/rule-codes.ts: edit those. -->

What fails has a code, which does not change, a message, which may, and facts. A command prints all three, and with \`--json\` as
\`{"error": {"code", "message", "facts"}}\`; its exit code is 1, or 2 for \`bad-setting\`, 130 for \`interrupted\`, 65 for what is damaged and 74 for a disk that refuses
([exit codes](cli.md#exit-codes)). Wrong usage has the code \`usage\` and the exit code 2, a bug of this program \`unexpected\` and 70. A node returns code and facts in \`error.data\` of [JSON-RPC](rpc.md#errors), and programs log the code as \`code\`.

Facts in the last column are always there, for programs that read them; others are for people. A program that asks a node of another
version may meet a code that it does not know: it calls that \`node-failed\` or \`unknown-rule\`, with the node's code as the fact \`code\`.

## Operations

Something around the rules failed: disk, network, Ethereum, settings.

${table(OPERATION_CODES, OPERATION_FACTS)}

## Rules

What somebody sent breaks a rule, and will break it again: it is not accepted, and everything else goes on.

${table(RULE_CODES, RULE_FACTS)}
`
}

function table(codes: Readonly<Record<string, string>>, facts: Readonly<Partial<Record<string, FactForms>>>): string {
  const rows = Object.entries(codes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, meaning]) => {
      const names = Object.keys(facts[code] ?? {}).map((name) => `\`${name}\``)
      return `| \`${code}\` | ${meaning} | ${names.join(', ')} |`
    })
  return ['| code | what it means, and what to do | facts |', '| --- | --- | --- |', ...rows].join('\n')
}

if (import.meta.main) await writeFile(ERRORS_PAGE, errorsPage())
