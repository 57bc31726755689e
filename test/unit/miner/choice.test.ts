// What a miner works at where its own blocks are in danger: the usual where that does as well, else the best defence that is worth it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseWork } from '../../../miner/choice.ts'
import type { Stand } from '../../../miner/defence/stand.ts'
import type { Prospect } from '../../../miner/planner.ts'
import type { Decision, Stake } from '../../../miner/profit.ts'
import type { Head } from '../../../node/ethereum/reader.ts'
import { type Hash, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { toBaseUnits, toGasPrice, toGwei, toTime, toWei } from '../../../node/protocol/units.ts'
import { RULES } from '../../../scripts/assure/models/world.ts'
import { idOf } from './defence/tree.ts'

const head: Head = { number: 1n, hash: ZERO_HASH, time: toTime(100n), next: toTime(112n), baseFee: toGasPrice(1n) }
const policy = { weiPerTtx: 0n, gasPrice: 1n, marginPercent: 10n, extraGas: 0n, unpaidSteps: 0 }
const NOTHING = { gas: 0n, blobs: 0 }
/** Worth two empty blocks. */
const stake: Stake = {
  blocks: 1,
  fee: toBaseUnits(1n),
  queueFees: toGwei(0n),
  expense: { gas: 2n, blobs: 0 },
  defences: 0,
  spent: NOTHING,
}

type Place = { readonly on: string; readonly obstacle?: string; readonly hopeless?: true; readonly gas?: bigint }

/** Which parent it chose, and why. */
async function choice(code: Decision['code'], places: readonly Place[], tip = 'tip'): Promise<string> {
  const publish = code === 'profitable' || code === 'waited'
  const usual = { prospect: prospectOn(tip), decision: { publish, code, reason: '', cost: toWei(1n) } }
  const stands = places.map(({ on }) => ({ on: { id: idOf(on) } }) as Stand) // all that is looked at
  const asked: unknown[] = []
  const deps = {
    planner: {
      rules: async () => RULES,
      defend: async ({ on }: Stand) => {
        const place = places.find((each) => idOf(each.on) === on.id)
        if (place === undefined || place.hopeless) return undefined
        const { on: name, gas = 1n, obstacle } = place
        return { ...prospectOn(name, gas), ...(obstacle ? { obstacle } : {}) }
      },
    },
    defence: {
      stands: (...args: unknown[]) => {
        asked.push(...args)
        return stands
      },
      stake: () => stake,
    },
  }
  const { prospect, decision } = await chooseWork(deps, usual, head, 5, new AbortController().signal)
  assert.deepEqual(asked, [head.next, 5])
  const name = [tip, ...places.map(({ on }) => on)].find((each) => idOf(each) === prospect.parent)
  return `${name} ${decision.code}${decision.publish ? '' : ' not'}`
}

test('without danger it is the usual', async () => {
  for (const code of ['nothing', 'profitable', 'unprofitable'] as const) {
    assert.match(await choice(code, []), new RegExp(`^tip ${code}`))
  }
})

test('where nothing else is worth a block, or not yet, own blocks are defended', async () => {
  assert.equal(await choice('nothing', [{ on: 'tip' }]), 'tip defence')
  assert.equal(await choice('unprofitable', [{ on: 'mine' }]), 'mine defence')
})

test('what is published on the same block anyhow is a defence as well', async () => {
  assert.equal(await choice('profitable', [{ on: 'tip' }]), 'tip profitable')
  assert.equal(await choice('waited', [{ on: 'tip' }]), 'tip waited')
})

test('a block on the branch that is ahead of ours is put off for one on ours', async () => {
  assert.equal(await choice('profitable', [{ on: 'mine' }]), 'mine defence')
})

test('what is not enough, or in somebody’s way, is passed over for the next, and only for that', async () => {
  const full = { on: 'full', obstacle: 'somebody is there' }
  assert.equal(await choice('nothing', [{ on: 'far', hopeless: true }]), 'tip nothing not')
  assert.equal(await choice('nothing', [full, { on: 'mine' }]), 'mine defence')
  assert.equal(await choice('nothing', [full, { on: 'far', hopeless: true }, { on: 'mine' }]), 'tip nothing not')
})

test('what is not worth its gas is left alone, and all below it', async () => {
  assert.equal(await choice('profitable', [{ on: 'dear', gas: 3n }, { on: 'cheap' }]), 'tip profitable')
})

test('who leaves own blocks alone says why, where there is nothing else to say', async () => {
  assert.equal(await choice('nothing', [{ on: 'mine', gas: 3n }]), 'tip defence not')
  assert.equal(await choice('unprofitable', [{ on: 'mine', gas: 3n }]), 'tip unprofitable not')
})

function prospectOn(name: string, gas = 1n): Prospect {
  const content = { steps: [], queueEntries: 0, requests: 0, fee: 0n, queueFees: 0n, gas, blobs: 0 }
  const parent: Hash = idOf(name)
  return { parent, policy, plan: { content } } as unknown as Prospect // the rest is for others
}
