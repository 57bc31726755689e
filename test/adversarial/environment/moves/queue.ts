// Moves that fill the queue on Ethereum: forced transactions and deposits, one by one and in floods.

import { createWalletClient, encodeFunctionData, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { bridgeAbi } from '../../../../deployments/bridge-abi.ts'
import { TRANSACTION_GAS } from '../../../../node/ethereum/calls.ts'
import { formatHex } from '../../../../node/protocol/bytes.ts'
import { outputsOf } from '../../../../node/protocol/state.ts'
import { accountOf, pay } from '../../../../scripts/assure/models/world.ts'
import type { Chance } from '../chance.ts'
import type { Ground } from '../ground.ts'
import { forceValue, surchargeOf } from '../surcharge.ts'
import type { Move } from './move.ts'

const BATCH = 100
const GAS = TRANSACTION_GAS - 1n
const ZEROS = new Uint8Array(127)

/** What anybody may force: nothing is asked for but the shape. */
function transactions(ground: Ground, count: number, chance: Chance): readonly Uint8Array[] {
  const { world, model, rules } = ground
  const kind = chance.oneOf('zeros', 'void', 'valid', 'valid', 'mixed')
  const tip = chance.pick([...model.living()]) ?? model.final
  world.state = model.of(tip).state ?? model.of(model.final).state
  const owners = new Set(world.accounts.map(({ address }) => address))
  const isRich = () => outputsOf(world.state).some(({ owner }) => owners.has(owner))
  return Array.from({ length: count }, () => {
    const one = kind === 'mixed' ? chance.oneOf('zeros', 'void', 'valid') : kind
    if (one === 'zeros' || (one === 'valid' && !isRich())) return ZEROS
    if (one === 'void') {
      const nobody = accountOf(`nobody ${chance.whole(0, 1_000_000)}`)
      return pay(nobody, { to: nobody.address, tokens: 1n, time: 1, prev: [ground.genesis] }, rules).packed
    }
    const { packed } = world.transaction()
    world.apply({ kind: 'transaction', packed })
    return packed
  })
}

const force: Move = {
  name: 'force transactions',
  weight: 4,
  async make(ground, chance) {
    const all = transactions(ground, chance.size(1, ground.bounds.flood), chance)
    const outcomes: string[] = []
    for (let i = 0; i < all.length; i += BATCH) {
      const batch = all.slice(i, i + BATCH)
      const args = [batch.map((each) => `0x${formatHex(each)}` as const)] as const
      const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'force', args })
      const value = await forceValue(ground, batch)
      outcomes.push(await ground.caller.send({ data, gas: GAS, value }))
    }
    return `${all.length}: ${[...new Set(outcomes)].join(', ')}`
  },
}

const deposit: Move = {
  name: 'deposit',
  weight: 4,
  async make(ground, chance) {
    const { stage, world, rules } = ground
    const { client, url } = stage.anvil
    const place = chance.number()
    const count = chance.size(1, Math.ceil(ground.bounds.flood / 4))
    const to = chance.oneOf(rules.bridge, rules.token, ...world.accounts.map(({ address }) => address))
    const balances = await Promise.all(world.accounts.map(({ address }) => stage.balanceOf(address)))
    const least = stage.definition.minDeposit
    const rich = world.accounts.filter((_, i) => (balances[i] ?? 0n) >= least * BigInt(count))
    const owner = rich[Math.floor(place * rich.length)]
    if (owner === undefined) return undefined
    // Signed by itself, so that a reorganisation of Ethereum can put it in again.
    const account = privateKeyToAccount(`0x${formatHex(owner.key)}`)
    const wallet = createWalletClient({ account, transport: http(url) })
    const send = { chain: null, gas: 300_000n } as const
    const amount = least + BigInt(chance.whole(0, 5))
    const approval = [stage.bridge.address, amount * BigInt(count)] as const
    const hashes = [await wallet.writeContract({ ...stage.token, ...send, functionName: 'approve', args: approval })]
    // What the last of them costs each of them may send: the rest comes back.
    const value = await surchargeOf(ground, 'deposits', count)
    for (let i = 0; i < count; i++) {
      const args = [amount, to] as const
      hashes.push(await wallet.writeContract({ ...stage.bridge, ...send, functionName: 'deposit', args, value }))
    }
    const receipts = await Promise.all(
      hashes.map((hash) => client.waitForTransactionReceipt({ hash, pollingInterval: 10, timeout: 60_000 })),
    )
    const done = receipts.filter(({ status }) => status === 'success').length - 1
    return `${done} of ${count} by ${owner.address.slice(0, 10)} to ${to.slice(0, 10)}`
  },
}

export const QUEUE_MOVES: readonly Move[] = [force, deposit]
