// Moves against a publication of the honest miner at its worst moments: killed between search and publication, and while its transaction is
// pending, and something else of its account in its way.

import { setTimeout as delay } from 'node:timers/promises'
import type { Hex } from 'viem'
import { encodeFunctionData } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { bridgeAbi } from '../../../../deployments/bridge-abi.ts'
import { TRANSACTION_GAS } from '../../../../node/ethereum/calls.ts'
import { formatHex } from '../../../../node/protocol/bytes.ts'
import type { Ground } from '../ground.ts'
import { forceValue } from '../surcharge.ts'
import type { Move } from './move.ts'

const HOUR = 3_600n
const GWEI = 10n ** 9n
const LOOK_MS = 20
/** The miner gets this long; there may be nothing that it could build on. */
const PATIENCE_MS = 30_000
/** Of a shape that anybody may force. */
const ZEROS = new Uint8Array(127)

type Pool = { readonly pending: Readonly<Record<string, Readonly<Record<string, { readonly hash: Hex }>>>> }
type ReadPool = { Method: 'txpool_content'; Parameters?: undefined; ReturnType: Pool }

const kill: Move = {
  name: 'kill the miner over a publication',
  weight: 3,
  async make(ground, chance, number) {
    const { honest, stage } = ground
    const moment = chance.oneOf('once it has found a block', 'while its transaction is pending')
    const fate = chance.oneOf('gets in', 'is dropped', 'is still there')
    const moves = chance.oneOf(0, 1, 3)
    return await withoutBlocks(ground, async () => {
      const found = countFound(ground)
      const isThere = async () => {
        return moment === 'once it has found a block'
          ? countFound(ground) > found
          : (await pendingOf(ground)).length > 0
      }
      if (!(await soon(isThere))) return undefined
      await honest.kill('miner', number + moves)
      const hashes = await pendingOf(ground)
      if (fate === 'is dropped') for (const hash of hashes) await stage.anvil.client.dropTransaction({ hash })
      if (fate === 'is still there') {
        await honest.tick(number + moves)
        await soon(async () => honest.isUp('miner'))
      }
      return `${moment}, for ${moves} moves; what is pending (${hashes.length}) ${fate}`
    })
  },
}

const obstruct: Move = {
  name: 'send something else from the account of the miner',
  weight: 2,
  async make(ground, chance) {
    const { honest, stage } = ground
    const { client } = stage.anvil
    const account = privateKeyToAccount(`0x${formatHex(honest.miner.key)}`)
    const isLate = chance.isLucky(0.3)
    return await withoutBlocks(ground, async () => {
      if (isLate && !(await soon(async () => (await pendingOf(ground)).length > 0))) return undefined
      const { baseFeePerGas } = await client.getBlock()
      const raw = await account.signTransaction({
        ...{ type: 'eip1559', chainId: Number(ground.rules.chain), to: account.address, gas: 21_000n },
        nonce: await client.getTransactionCount({ address: account.address, blockTag: 'pending' }),
        maxFeePerGas: 2n * (baseFeePerGas ?? 0n) + GWEI,
        maxPriorityFeePerGas: GWEI,
      })
      await client.sendRawTransaction({ serializedTransaction: raw })
      const found = countFound(ground)
      const isBusy = isLate || (await soon(async () => countFound(ground) > found))
      return `${isLate ? 'after its publication' : 'before its publication'}, ${isBusy ? 'which came' : 'which did not come'}`
    })
  },
}

/** Something for the miner to do, and then Ethereum has no blocks until this is done. */
async function withoutBlocks(ground: Ground, act: () => Promise<string | undefined>): Promise<string | undefined> {
  const { honest, stage, caller } = ground
  const { client } = stage.anvil
  if (honest.endpoints.isASilent || !honest.isUp('miner') || !honest.isUp('node-0')) return undefined
  await ground.pass(HOUR)
  const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'force', args: [[`0x${formatHex(ZEROS)}`]] })
  await caller.send({ data, gas: TRANSACTION_GAS - 1n, value: await forceValue(ground, [ZEROS]) })
  await client.setAutomine(false)
  try {
    return await act()
  } finally {
    await client.setAutomine(true)
    await client.mine({ blocks: 1 })
  }
}

function countFound({ honest }: Ground): number {
  return honest.arena.process('miner').err.split('"found a block"').length - 1
}

/** Transactions of the miner that wait to be in a block. */
async function pendingOf({ honest, stage }: Ground): Promise<Hex[]> {
  const { pending } = await stage.anvil.client.request<ReadPool>({ method: 'txpool_content' })
  const own = Object.entries(pending).filter(([account]) => account.toLowerCase() === honest.miner.address)
  return own.flatMap(([, transactions]) => Object.values(transactions).map(({ hash }) => hash))
}

async function soon(isTrue: () => Promise<boolean>): Promise<boolean> {
  const endMs = performance.now() + PATIENCE_MS
  while (performance.now() < endMs) {
    if (await isTrue()) return true
    await delay(LOOK_MS)
  }
  return false
}

export const PUBLICATION_MOVES: readonly Move[] = [kill, obstruct]
