// The members of `ttx status --json` are those that docs/cli.md lists, when it says so; of a node that answers by its schemas.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { depositTransaction } from '../../../../node/protocol/queue.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { accountOf, signOffer, signTake } from '../../../../scripts/assure/models/world.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { startOf } from '../../../../scripts/lock.ts'
import { writeMinerReport } from '../../../../scripts/miner-report.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { exampleReport } from '../../../support/miner/example-report.ts'
import { serve } from '../../../support/rpc/serve.ts'

type Where = Result<'tx_where'>
type Bridge = Result<'node_info'>['bridge']
type Case = {
  readonly where: Where
  readonly bridge?: Bridge
  readonly hasNext?: boolean
  readonly hasMiner?: boolean
  readonly members: readonly string[]
}

const PAGE = new URL('../../../../docs/cli.md', import.meta.url)
const ALWAYS = ['infohash', 'status', 'missing', 'rivals', 'unorderedAncestors', 'elsewhere', 'unread']
const HERE = [...ALWAYS, 'firstSeen', 'heldBy', 'descendants']
const FINAL_TIME = ['finalTime', 'finalAt', 'finalAtLatest']

const { network, bridge: live } = EXAMPLES.node_info.result
const [queued] = EXAMPLES.bridge_queue.result.entries
assert(queued?.kind === 'deposit')
const deposit = encodeTransaction(
  depositTransaction(network, queued.index, {
    kind: 'deposit',
    gross: queued.gross ?? 0n,
    to: queued.to ?? network.bridge,
  }),
)
const nothing = { elsewhere: [], unread: 0 }
const payment: Where = { ...EXAMPLES.tx_submit.result, ...nothing, heldBy: 1, descendants: 0 }
const ordered: Where = { ...EXAMPLES.tx_get.result, ...nothing }
const waiting: Where = { ...payment, infohash: infohashOf(deposit), file: deposit, status: 'waiting' }
const { file: _file, firstSeen: _firstSeen, heldBy: _heldBy, descendants: _descendants, ...unstored } = payment
const [maker, taker] = [accountOf('maker'), accountOf('taker')]
const offer = signOffer(maker, {
  ...{ give: { tokens: 5n, asset: payment.infohash }, want: { tokens: 7n }, time: 1 },
  prev: [payment.infohash],
})
const take = encodeTransaction(signTake(taker, { offer, time: 2, prev: [payment.infohash] }))
const taken: Where = { ...payment, infohash: infohashOf(take), file: take }
const problem = { code: 'invalid-transaction', reason: 'Overspend', message: 'it spends more than it has' }

const CASES: Readonly<Record<string, Case>> = {
  'a payment in no block': { where: payment, members: [...HERE, 'next', 'ethereumTime'] },
  'a payment while a miner runs here': {
    where: payment,
    hasMiner: true,
    members: [...HERE, 'next', 'miner', 'ethereumTime'],
  },
  'a payment that lacks work': {
    where: { ...payment, relayBits: 12 },
    members: [...HERE, 'relayBits', 'next', 'ethereumTime'],
  },
  'a payment in a block': {
    where: ordered,
    members: [...HERE, ...FINAL_TIME, 'block', 'blockTime', 'step', 'ethereumTime'],
  },
  'a payment in a final block': {
    where: { ...ordered, status: 'final' },
    members: [...HERE, 'block', 'blockTime', 'step', 'ethereumTime'],
  },
  'a request in a block': {
    where: EXAMPLES.tx_where.result,
    members: [...HERE, ...FINAL_TIME, 'block', 'blockTime', 'step', 'bridging', 'ethereumTime'],
  },
  'a deposit in the queue': { where: waiting, members: [...HERE, 'deposit', 'next', 'ethereumTime'] },
  'a deposit that was moved': {
    where: { ...waiting, reorganised: { isReplaced: true, now: [{ index: 7n, infohash: payment.infohash }] } },
    members: [...HERE, 'deposit', 'reorganised', 'ethereumTime'],
  },
  'a take': { where: taken, members: [...HERE, 'take', 'next', 'ethereumTime'] },
  'an invalid one': {
    where: { ...unstored, status: 'invalid', problem },
    members: [...ALWAYS, 'problem', 'ethereumTime'],
  },
  'a node that doubts': {
    where: { ...ordered, status: 'final' },
    bridge: { ...live, state: 'unknown', problem: 'two endpoints differ' },
    members: [...HERE, 'block', 'blockTime', 'step', 'doubt', 'ethereumTime'],
  },
  'a node without Ethereum': { where: payment, bridge: { state: 'off' }, hasNext: false, members: HERE },
}

test('each case has the members that the page says, and no other', async (t) => {
  const listed = await readMembers()
  const met = new Set<string>()
  for (const [name, { where, bridge = live, hasNext = true, hasMiner = false, members }] of Object.entries(CASES)) {
    const data = await status(t, where, { bridge, hasNext, hasMiner })
    assert.deepEqual(Object.keys(data).toSorted(), members.toSorted(), name)
    for (const member of Object.keys(data)) {
      met.add(member)
      const words = listed.get(member) ?? ''
      const parts = ['bridging', 'deposit', 'take', 'reorganised', 'problem', 'next', 'miner'].includes(member)
        ? Object.keys(data[member])
        : []
      for (const part of parts) assert.ok(words.includes(`\`${part}\``), `${member}.${part} is not on the page`)
    }
  }
  assert.deepEqual([...listed.keys()].toSorted(), [...met].toSorted())
})

/** By member: what the page says of it. */
async function readMembers(): Promise<ReadonlyMap<string, string>> {
  const page = await readFile(PAGE, 'utf8')
  const [, section = ''] = page.split('Members of `--json`')
  const [table = ''] = section.split('\n## ')
  const rows = [...table.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| (.*) \|$/gm)]
  return new Map(
    rows.flatMap(([, names = '', words = '']) => [...names.matchAll(/\w+/g)].map(([name]) => [name, words] as const)),
  )
}

type Around = { readonly bridge: Bridge; readonly hasNext: boolean; readonly hasMiner: boolean }

async function status(t: TestContext, where: Where, { bridge, hasNext, hasMiner }: Around) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-status-'))
  t.after(() => rm(folder, { recursive: true }))
  const { elsewhere: _elsewhere, unread: _unread, bridging: _bridging, reorganised: _reorganised, ...record } = where
  const url = await serve(t, {
    node_info: async () => ({ ...EXAMPLES.node_info.result, bridge }),
    tx_get: async () => record,
    tx_where: async () => where,
    bridge_block: async () => EXAMPLES.bridge_block.result,
    bridge_next: async () => {
      if (hasNext) return EXAMPLES.bridge_next.result
      throw new OperationError('no-ethereum', 'started without it')
    },
    bridge_template: async () => EXAMPLES.bridge_template.result,
  })
  const { pid } = process
  if (hasMiner) await writeMinerReport(folder, exampleReport({ pid, start: await startOf(pid), at: Date.now() }))
  const shell = fakeShell({ folder })
  const exitCode = await runCli(['status', where.infohash, '--json', '--data', folder, '--node', url], shell)
  assert.equal(exitCode, 0, shell.out() + shell.err())
  return JSON.parse(shell.out())
}
