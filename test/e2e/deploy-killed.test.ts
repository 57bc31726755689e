// ttx deploy that is killed (kill -9) between signing and saying so, at each place where that matters: run again it goes on, and there is one bridge.

import assert from 'node:assert/strict'
import { access } from 'node:fs/promises'
import { test } from 'node:test'
import { EthereumProxy, type RpcCall, type Tampering } from '../support/chain/ethereum-proxy.ts'
import { DeployStage } from '../support/deploying.ts'
import { startTtx, until } from '../support/processes/processes.ts'

type Cut = {
  readonly name: string
  /** What the endpoint does until the process is dead. */
  readonly tamper: (call: RpcCall) => Tampering | undefined
  /** Whether it is time to kill it. */
  readonly isThere: (calls: readonly RpcCall[], pending: number) => boolean
  readonly wasSent: boolean
}

const asked = (method: string) => (calls: readonly RpcCall[]) => calls.some((call) => call.method === method)
const CUTS: readonly Cut[] = [
  {
    name: 'signed, and not sent',
    tamper: ({ method }) => (method === 'eth_sendRawTransaction' ? 'silence' : undefined),
    isThere: asked('eth_sendRawTransaction'),
    wasSent: false,
  },
  {
    name: 'sent, and in no block',
    tamper: () => undefined,
    isThere: (_calls, pending) => pending > 0,
    wasSent: true,
  },
  {
    name: 'in a block, and its receipt not read',
    tamper: ({ method }) => (method === 'eth_getTransactionReceipt' ? 'silence' : undefined),
    isThere: asked('eth_getTransactionReceipt'),
    wasSent: true,
  },
  {
    name: 'in a block that was read, and nothing written',
    tamper: ({ method }) => (method === 'eth_getCode' ? 'silence' : undefined),
    isThere: (calls) => {
      const read = calls.findIndex(({ method }) => method === 'eth_getTransactionReceipt')
      return read >= 0 && calls.slice(read).some(({ method }) => method === 'eth_getCode')
    },
    wasSent: true,
  },
]

/** Of a chain that has a judge the bridge is cut; of another one the judge, which comes first. */
const CASES = [
  ...CUTS.map((cut) => ({ ...cut, what: 'bridge', hasJudge: true })),
  ...CUTS.slice(0, 3).map((cut) => ({ ...cut, what: 'judge', hasJudge: false })),
]

for (const { what, name, tamper, isThere, wasSent, hasJudge } of CASES) {
  test(`killed when the ${what} was ${name}`, async (t) => {
    const stage = await DeployStage.open(t, { hasJudge })
    const { client, url } = stage.anvil
    const proxy = await EthereumProxy.start(url)
    t.after(() => proxy[Symbol.asyncDispose]())
    // The chain is looked at before anything is signed; only then does the endpoint begin to fail.
    let isSending = false
    proxy.tamper = (call) => {
      if (call.method === 'eth_sendRawTransaction') isSending = true
      return isSending ? tamper(call) : undefined
    }
    const isMined = name.startsWith('in a block')
    if (!isMined) await client.setAutomine(false)
    const pending = () => client.getTransactionCount({ address: stage.account, blockTag: 'pending' })

    const through = stage.deployment('--ethereum', proxy.url)
    const running = startTtx([...stage.flags, ...through])
    t.after(() => running[Symbol.asyncDispose]())
    const sentAt = () => proxy.calls.findIndex(({ method }) => method === 'eth_sendRawTransaction')
    await until('the moment', async () => {
      if (running.child.exitCode !== null) throw new Error(`it ended:\n${running.out}\n${running.err}`)
      const calls = sentAt() < 0 ? [] : proxy.calls.slice(sentAt())
      return isThere(calls, await pending()) || undefined
    })
    await running.stop('SIGKILL')
    assert.equal(await pending(), wasSent ? 1 : 0)
    await assert.rejects(access(stage.file('net.json')))

    // Something else while this one is under way would be a second network.
    const changed = await stage.json(...stage.deployment('--floor-price', '2'))
    assert.deepEqual([changed.error.code, changed.error.facts.differing], ['deployment-unfinished', ['floorPrice']])
    const elsewhere = await stage.json(...stage.deployment('--out', stage.file('other.json')))
    assert.deepEqual(elsewhere.error.facts.differing, ['out'])

    await client.setAutomine(true)
    await client.mine({ blocks: 1 })
    const done = await stage.json(...stage.deployment())
    assert.equal(done.earlier, hasJudge, JSON.stringify(done))
    assert.equal(await client.getTransactionCount({ address: stage.account }), hasJudge ? 1 : 2)
    const { bridge, transaction } = await stage.read()
    assert.deepEqual([bridge, transaction], [done.bridge, done.transaction])
    assert.equal((await stage.json('verify-deployment', stage.file('net.json'), '--ethereum', url)).right, true)
  })
}
