// Two miners at once: they converge on one chain and nobody is paid twice; what both leave out goes through by force.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createPublicClient, http } from 'viem'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { readDeployment } from '../../scripts/cli/deployment-file.ts'
import { devnetPorts, type Running, startTtx, ttx, ttxJson, until } from '../support/processes/processes.ts'
import { type Censor, startCensor } from './censor.ts'

type Where = { readonly status: string; readonly block?: string; readonly bridging?: { readonly paid: boolean } }
type Blocks = {
  readonly blocks: readonly {
    id: string
    parent: string
    height: string
    miner: string
    verdict: string
    preferred: boolean
  }[]
}

const data = await mkdtemp(join(tmpdir(), 'ttx-two-miners-'))
const { base: basePort, ethereum: ethereumPort, flags: ports } = await devnetPorts()
const nodes = [`http://127.0.0.1:${basePort}`, `http://127.0.0.1:${basePort + 2}`] as const
const ethereum = `http://127.0.0.1:${ethereumPort}`
const here = ['--data', data] as const
const running: Running[] = []
const censors: Censor[] = []
const accounts: string[] = []

before(async () => {
  const devnet = startTtx(['devnet', ...here, '--no-miner', '--poll-ms', '600', '--block-seconds', '1', ...ports])
  running.push(devnet)
  await devnet.said(/It runs/)
  for (const [i, node] of nodes.entries()) {
    const censor = await startCensor(node)
    censors.push(censor)
    const name = `miner-${i}`
    const { address } = await ttxJson<{ address: string }>(['wallet', 'create', '--wallet', name, ...here])
    await ttxJson(['devnet', 'fund', address, ...here])
    accounts.push(address)
    const flags = [
      '--node',
      censor.url,
      '--poll-ms',
      '600',
      '--courtesy',
      '0',
      '--confirmations',
      '1',
      '--longest-wait',
      '0',
    ]
    running.push(startTtx(['miner', '--wallet', name, ...here, ...flags]))
  }
})

after(async () => {
  for (const process of running.toReversed()) await process.stop()
  for (const censor of censors) await censor[Symbol.asyncDispose]()
  await rm(data, { recursive: true, force: true })
})

const where = (infohash: string, node: string) => ttxJson<Where>(['status', infohash, '--node', node, ...here])

async function bridge(amount: string, recipient: string, wallet = 'genesis'): Promise<string> {
  const { infohash } = await ttxJson<{ infohash: string }>(['bridge', amount, recipient, '--wallet', wallet, ...here])
  return infohash
}

/** The block with the transaction, in which both nodes must have it. */
async function ordered(infohash: string): Promise<string> {
  const blocks = []
  for (const node of nodes) {
    blocks.push(
      await until(`${infohash} to be in a block at ${node}`, async () => {
        const { status, block } = await where(infohash, node)
        return status === 'ordered' || status === 'final' ? block : undefined
      }),
    )
  }
  assert.equal(blocks[0], blocks[1])
  return blocks[0] ?? ''
}

async function paid(infohash: string): Promise<void> {
  await until(`${infohash} to be paid`, async () =>
    (await where(infohash, nodes[0])).bridging?.paid ? true : undefined,
  )
}

async function wttx(owner: string): Promise<string> {
  return (await ttxJson<{ wttx: string }>(['balance', owner, ...here])).wttx
}

/** Block and number of each claim that Ethereum ever saw. */
async function claims(): Promise<string[]> {
  const { rules, deployedBlock } = await readDeployment(join(data, 'deployment.json'))
  const client = createPublicClient({ transport: http(ethereum) })
  const events = await client.getContractEvents({
    abi: bridgeAbi,
    address: rules.bridge,
    eventName: 'Claimed',
    fromBlock: deployedBlock,
    strict: true,
  })
  return events.map(({ args }) => `${args.block_} ${args.number}`)
}

test('two miners converge on one chain, and each request is paid once', async () => {
  const recipients = ['a1', 'a2', 'a3', 'a4'].map((byte) => `0x${byte.repeat(20)}`)
  const requests: string[] = []
  for (const [i, recipient] of recipients.entries()) {
    requests.push(await bridge(`${i + 1}`, recipient))
    if (i % 2 === 1) await ordered(requests.at(-1) ?? '')
  }
  await ttxJson(['devnet', 'skip', '25h', ...here])
  for (const request of requests) await paid(request)
  for (const [i, recipient] of recipients.entries())
    assert.equal(await wttx(recipient), `${(99n * BigInt(i + 1) * UNIT) / 100n}`)
  const paidClaims = await claims()
  assert.equal(paidClaims.length, requests.length)
  assert.equal(new Set(paidClaims).size, requests.length)
  const [one, other] = await Promise.all(
    nodes.map((node) => ttxJson<Blocks>(['block', 'list', '--node', node, ...here])),
  )
  assert.deepEqual(
    one?.blocks.map(({ id }) => id),
    other?.blocks.map(({ id }) => id),
  )
  for (const { miner, verdict } of one?.blocks ?? []) {
    assert.ok(accounts.includes(miner))
    assert.equal(verdict, 'valid')
  }
})

test('a request that both miners leave out goes through by force', async () => {
  const { address: carol } = await ttxJson<{ address: string }>(['wallet', 'create', '--wallet', 'carol', ...here])
  await ttxJson(['send', '50', carol, '--wallet', 'genesis', ...here])
  // Nobody is quicker than the censors: they see nothing until they know what to leave out.
  for (const { hidden } of censors) hidden.add('*')
  const censored = await bridge('20', carol, 'carol')
  for (const { hidden } of censors) {
    hidden.add(censored)
    hidden.delete('*')
  }
  const other = await bridge('5', `0x${'a5'.repeat(20)}`)
  await ordered(other)
  assert.equal((await where(censored, nodes[0])).status, 'accepted', 'a miner has it although it is hidden from both')

  const forced = await ttx(['force', censored, '--wallet', 'genesis', ...here])
  assert.equal(forced.exitCode, 0, forced.err)
  const block = await ordered(censored)
  const { kinds } = await ttxJson<{ kinds: string[] }>(['block', 'show', block, ...here])
  assert.ok(kinds.includes('applied'), kinds.join())
  await ttxJson(['devnet', 'skip', '25h', ...here])
  await paid(censored)
  assert.equal(await wttx(carol), `${(99n * 20n * UNIT) / 100n}`)
  const all = await claims()
  assert.equal(new Set(all).size, all.length)
})
