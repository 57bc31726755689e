// Every kind of bad block on a whole network: the watcher kills it or the bridge refuses it, and no money comes or goes.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createPublicClient, http } from 'viem'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { readAllBlocks } from '../../node/client/all-blocks.ts'
import { createNodeClient } from '../../node/client/rpc.ts'
import { keyOf, parseHash } from '../../node/protocol/ids.ts'
import { readDeployment } from '../../scripts/cli/deployment-file.ts'
import { countSupply } from '../../scripts/devnet/demo/supply.ts'
import {
  DRILL_KINDS,
  type DrillKind,
  expectedOf,
  modesOf,
  plotOf,
  usualModeOf,
} from '../../scripts/devnet/drill/kinds.ts'
import type { DataMode } from '../../scripts/devnet/drill/posting.ts'
import {
  devnetPorts,
  processesOf,
  type Running,
  startTtx,
  ttx,
  ttxJson,
  until,
} from '../support/processes/processes.ts'

type Report = {
  readonly ok: boolean
  readonly results: readonly {
    readonly kind: DrillKind
    readonly data: DataMode
    readonly outcome: string
    readonly block?: `0x${string}`
    readonly problem?: string
    readonly error?: string
    readonly killer?: string
    readonly seconds?: number
    readonly wallMs?: number
    readonly publishGas?: string
    readonly refuteGas?: string
  }[]
}

/** `npm run soak -- drill` drills all, in both modes; the ordinary run one kind for each end that there is. */
const isWhole = process.env['FUZZ_KINDS'] === 'all'
const KINDS = isWhole ? DRILL_KINDS : DRILL_KINDS.filter(isFirstOfItsEnd)

const REFUTED = 1
const data = await mkdtemp(join(tmpdir(), 'ttx-drill-'))
const here = ['--data', data] as const
const { base, ethereum: ethereumPort, flags } = await devnetPorts()
const ethereum = `http://127.0.0.1:${ethereumPort}`
let devnet: Running

before(async () => {
  devnet = startTtx(['devnet', ...here, '--poll-ms', '600', '--block-seconds', '1', ...flags])
  await devnet.said(/It runs/)
})

after(async () => {
  await devnet.stop()
  await rm(data, { recursive: true, force: true })
})

test('every kind is killed by the watcher or refused by the bridge, and all money is there afterwards', async () => {
  const { ok, results } = await ttxJson<Report>([
    'drill',
    '--bad',
    KINDS.join(),
    ...(isWhole ? ['--in', 'both'] : []),
    ...here,
  ])
  assert.equal(ok, true)
  assert.deepEqual(
    results.map(({ kind, data }) => `${kind} in ${data}`),
    KINDS.flatMap((kind) => (isWhole ? modesOf(kind) : [usualModeOf(kind)]).map((data) => `${kind} in ${data}`)),
  )
  const network = await readDeployment(join(data, 'deployment.json'))
  const client = createPublicClient({ transport: http(ethereum), cacheTime: 0 })
  const contract = { abi: bridgeAbi, address: network.rules.bridge } as const
  for (const result of results) {
    const { kind, data, outcome, block, problem, error } = result
    const expected = expectedOf(kind, data)
    if ('refused' in expected) {
      assert.deepEqual([outcome, error], ['refused', expected.refused], kind)
      continue
    }
    assert.deepEqual([outcome, problem, result.killer], ['killed', expected.problem, 'watcher'], kind)
    assert.ok(block)
    const { flags } = await client.readContract({
      ...contract,
      functionName: 'blocks',
      args: [keyOf(parseHash(block))],
    })
    assert.equal(flags & REFUTED, REFUTED, kind)
    assert.ok(BigInt(result.refuteGas ?? 0) > 21_000n && BigInt(result.refuteGas ?? 0) < 800_000n, kind)
    assert.ok(BigInt(result.publishGas ?? 0) > 100_000n, kind)
    assert.ok((result.seconds ?? -1) >= 0 && (result.wallMs ?? -1) >= 0, kind)
  }

  // What the drill has set in motion comes to its end: all requests final and paid.
  const node = createNodeClient(`http://127.0.0.1:${base}`)
  // The kinds with rivals leave races behind, which end after two days and a nomination.
  const count = await until('all requests to be paid', async () => {
    const { tip, final, state } = (await node.call('node_info', {})).bridge
    if (state !== 'live') return undefined
    if (tip?.id !== final?.id) {
      await ttxJson(['devnet', 'skip', '5h', ...here])
      return undefined
    }
    const supply = await countSupply(ethereum, network, node)
    return supply.unminted === 0n && supply.unconsumed === 0n ? supply : undefined
  })
  assert.equal(count.total, count.genesis)
  // Nobody but the liar ever lost anything: above the final block the wrong ones are refuted, and no others.
  const { blocks } = await readAllBlocks(node)
  const wrong = new Set(blocks.filter(({ verdict }) => verdict === 'invalid').map(({ id }) => id))
  for (const { id, parent, verdict, refuted } of blocks) {
    assert.ok(verdict === (refuted || wrong.has(parent) ? 'invalid' : 'valid'), `${id}: ${verdict}`)
  }
})

test('where no watcher runs, the bad block survives its deadline, and the drill fails and says so', async () => {
  const { watcher } = processesOf(data)
  assert.ok(watcher)
  // Stopped rather than killed, since it would be started again.
  process.kill(watcher, 'SIGSTOP')
  try {
    const { exitCode, out } = await ttx(['drill', '--bad', 'mint', '--deadline', '1', '--json', ...here])
    assert.equal(exitCode, 1)
    const { error } = JSON.parse(out)
    assert.equal(error.code, 'drill-failed')
    assert.match(error.facts.failed[0], /^mint in calldata: survived, WrongState, block 0x/)
  } finally {
    process.kill(watcher, 'SIGCONT')
  }
  const node = createNodeClient(`http://127.0.0.1:${base}`)
  await until('the watcher to kill it once it goes on', async () => {
    const { blocks } = await readAllBlocks(node)
    return blocks.filter(({ refuted }) => refuted).length === 1 ? true : undefined
  })
})

function isFirstOfItsEnd(kind: DrillKind): boolean {
  return kind === DRILL_KINDS.find((other) => endOf(other) === endOf(kind))
}

function endOf(kind: DrillKind): string {
  const mode = usualModeOf(kind)
  return JSON.stringify([plotOf(kind) !== undefined, mode, expectedOf(kind, mode)])
}
