// All money of several gateways, of honest tokens and others, after each step of a long random run: what is here is what it is for.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { encodeFunctionData } from 'viem'
import { gatewayAbi } from '../../../deployments/gateway-abi.ts'
import { type Address, parseAddress } from '../../../node/protocol/ids.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { type Receipt, Reverted } from '../../support/contract/chain.ts'
import { sealedHex } from '../../support/contract/fixture.ts'
import { type Contract, depositData, eventsOf, type Final, GatewayStage } from '../../support/contract/gateway-stage.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const ROUNDS = Number(process.env['FUZZ_RUNS'] ?? 400)
const random = randomOf(seed)
const pick = (below: number) => Math.floor(random() * below)
const amountBelow = (most: bigint) => (most * BigInt(pick(1_000_000))) / 1_000_000n

const stage = await GatewayStage.start()
after(() => stage[Symbol.asyncDispose]())
const { chain, fixture } = stage
const people = [2, 3, 4].map((i) => fixture.account(i))
const puppet = await stage.deploy('Puppet', [], 'test/contract/harness/Puppet.sol')
/** The puppet mines too: it has an account of its own to which rewards go, and hooks. */
const miners = [fixture.account(1), fixture.account(5), puppet.address]
const everybody = [...people, puppet.address]
const somebody = () => everybody[pick(everybody.length)] ?? puppet.address

type Request = { readonly block: Final; readonly index: number; readonly amount: bigint; readonly earner?: Address }
/** What ought to be, in the token's own units. */
type Books = {
  readonly name: string
  readonly token: Contract
  readonly gateway: Address
  /** Whether the token says what is so, and moves what it says. */
  readonly isTrue: boolean
  entered: bigint
  /** In the lane, or in no block yet. */
  lane: bigint
  /** On the TTX side. */
  ttx: bigint
  /** By their numbers, those that are not paid. */
  readonly claimable: Map<bigint, Request>
  readonly owed: Map<Address, bigint>
  /** Of blocks that earned nothing. */
  stuck: bigint
  /** What somebody gave for nothing. */
  gifts: bigint
  /** What left. */
  out: bigint
}

async function open(name: string, isTrue: boolean, each: bigint, args: readonly unknown[] = []): Promise<Books> {
  const { token, gateway } = await stage.list(name, people, each, args)
  await stage.act(token, 'mint', [puppet.address, each])
  const data = encodeFunctionData({ abi: token.abi, functionName: 'approve', args: [gateway, 2n ** 256n - 1n] })
  await stage.act(puppet, 'act', [token.address, data])
  const sums = { entered: 0n, lane: 0n, ttx: 0n, stuck: 0n, gifts: 0n, out: 0n }
  return { name, token, gateway, isTrue, ...sums, claimable: new Map(), owed: new Map() }
}

const all = [
  await open('PlainToken', true, 10n ** 24n, [18]),
  await open('PlainToken', true, 1_000n, [0]),
  await open('PlainToken', true, 2n ** 127n, [77]),
  await open('QuietToken', true, 10n ** 12n),
  await open('ListToken', true, 10n ** 12n),
  await open('HookedToken', true, 10n ** 24n),
  await open('FeeToken', true, 10n ** 24n),
  await open('MoodyToken', true, 10n ** 24n),
  await open('RebasingToken', false, 10n ** 24n),
  await open('LyingToken', false, 10n ** 24n),
]
const one = () => all[pick(all.length)] ?? assert.fail()
const bookOf = (name: string) => all.find((books) => books.name === name) ?? assert.fail(name)
await stage.act(bookOf('HookedToken').token, 'hook', [puppet.address])

/** How often each thing happened, so that none is missing. */
const seen: Record<string, number> = {}
const saw = (what: string) => {
  seen[what] = (seen[what] ?? 0) + 1
}

/** Writes into the books what the events of a call say, which is compared with the contracts afterwards. */
function fold(receipt: Receipt): void {
  stage.note(receipt)
  for (const books of all) {
    const logs = receipt.logs.filter(({ address }) => address.toLowerCase() === books.gateway)
    const of = (name: Parameters<typeof eventsOf>[1]) => eventsOf({ ...receipt, logs }, name).map(({ args }) => args)
    for (const args of of('Deposited')) {
      if (!('amount' in args)) continue
      books.entered += args.amount
      books.lane += args.amount
      saw('deposit')
    }
    for (const args of of('Claimed')) {
      if (!('number' in args && 'amount' in args)) continue
      const request = books.claimable.get(args.number) ?? assert.fail('what is paid was to be paid')
      const fee = request.amount / 100n
      assert.equal(args.amount, request.amount - fee)
      books.claimable.delete(args.number)
      books.out += args.amount
      if (request.earner) books.owed.set(request.earner, (books.owed.get(request.earner) ?? 0n) + fee)
      else books.stuck += fee
      saw(request.earner ? 'claim' : 'claim, unpaid')
    }
    for (const args of of('Withdrawn')) {
      if (!('account' in args)) continue
      const account = parseAddress(args.account.toLowerCase())
      assert.equal(args.amount, books.owed.get(account))
      books.owed.delete(account)
      books.out += args.amount
      saw('withdrawal')
    }
    for (const _ of of('PaymentFailed')) saw('passed over')
  }
}

/** A call that is allowed or refused, as it comes: what is refused changes nothing. */
async function attempt(call: Promise<Receipt>): Promise<void> {
  try {
    fold(await call)
  } catch (error) {
    if (!(error instanceof Reverted)) throw error
    saw(error.errorName)
  }
}

async function deposit(): Promise<void> {
  const { token, gateway } = one()
  const from = somebody()
  const rest = await stage.balance(token, from).catch(() => 10n ** 6n)
  const data = depositData(random() < 0.1 ? rest + 1n : amountBelow(rest / 2n), somebody())
  const value = (await stage.price()) + BigInt(pick(2)) * 10n ** 15n
  if (from === puppet.address) await attempt(stage.act(puppet, 'act', [gateway, data], { value }))
  else await attempt(chain.send(gateway, data, { from, value }))
}

/** A block, whose miner earns or not, that asks for parts of what is on the TTX side. */
async function block(): Promise<void> {
  const leaving = Array.from({ length: pick(12) }, () => {
    const books = one()
    const amount = random() < 0.2 ? books.ttx : amountBelow(books.ttx)
    books.ttx -= amount
    return { books, gateway: books.gateway, to: somebody(), amount }
  }).filter(({ amount }) => amount > 0n)
  const miner = miners[pick(miners.length)] ?? puppet.address
  const earns = random() < 0.75
  const final = earns ? await stage.final(leaving, { miner }) : await stage.unpaid(leaving)
  for (const [index, { books, amount }] of leaving.entries()) {
    const request = { block: final, index, amount, ...(earns ? { earner: miner } : {}) }
    books.claimable.set(final.proof(index).number, request)
  }
  // Only now: a block cannot ask for what it brings.
  for (const books of all) {
    books.ttx += books.lane
    books.lane = 0n
  }
}

async function claim(): Promise<void> {
  const due = all.filter((books) => books.claimable.size > 0)
  const { gateway, claimable } = due[pick(due.length)] ?? one()
  const requests = [...claimable.values()]
  const { block: final, index } = requests[pick(requests.length)] ?? {}
  if (final === undefined || index === undefined) return
  // Sometimes at a gateway that it is not for.
  const at = random() < 0.1 ? one().gateway : gateway
  if (random() < 0.5) await attempt(stage.claim(at, final, index))
  else {
    const indices = requests.filter((each) => each.block === final).map((each) => each.index)
    await attempt(stage.claimMany(at, final, [...indices, index]))
  }
}

async function withdraw(): Promise<void> {
  const { gateway, owed } = one()
  const miner = random() < 0.2 ? miners[pick(3)] : [...owed.keys()][0]
  await attempt(stage.withdraw(gateway, miner ?? puppet.address))
}

async function mischief(): Promise<void> {
  const toggle = random() < 0.5
  const target = [...everybody, ...miners][pick(7)] ?? puppet.address
  const list = bookOf('ListToken').token
  const moods = () => (random() < 0.5 ? 0 : pick(9))
  const given = one()
  const again = one()
  const request = [...again.claimable.values()][0]
  await [
    () => stage.act(bookOf('RebasingToken').token, 'rebase', [BigInt(5 + pick(10)) * 10n ** 8n]),
    () => stage.act(list, 'list', [target, toggle]),
    () => stage.act(list, 'pause', [random() < 0.3]),
    () => stage.act(bookOf('MoodyToken').token, 'set', [moods(), moods(), random() < 0.8 ? 0 : 1, target]),
    () => stage.act(puppet, 'set', [random() < 0.6 ? 0 : 1 + pick(2)]),
    async () => {
      if (!['PlainToken', 'HookedToken'].includes(given.name)) return
      await stage.act(given.token, 'mint', [given.gateway, 7n])
      given.gifts += 7n
    },
    async () => {
      // The next time that the puppet is told of money it comes back with this.
      const claimData = request && {
        abi: gatewayAbi,
        functionName: 'claim' as const,
        args: [sealedHex(request.block.block), request.block.proof(request.index)] as const,
      }
      const calls = [depositData(5n, puppet.address), ...(claimData ? [encodeFunctionData(claimData)] : [])]
      await stage.act(puppet, 'program', [calls.map(() => again.gateway), calls])
    },
  ][pick(7)]?.()
}

async function check(round: number): Promise<void> {
  const moody = bookOf('MoodyToken').token
  const mood = Number(await stage.ask(moody, 'onBalanceOf'))
  for (const books of all) {
    const { name, token, gateway, isTrue, entered, lane, ttx, claimable, stuck, gifts, out } = books
    const label = `${name} in round ${round} of seed ${seed}`
    const waiting = [...claimable.values()].reduce((sum, { amount }) => sum + amount, 0n)
    const supply = await stage.supply(gateway)
    assert.equal(supply, lane + ttx + waiting, label)
    let owed = 0n
    for (const miner of miners) {
      const amount = await stage.owed(gateway, miner)
      assert.equal(amount, books.owed.get(miner) ?? 0n, label)
      owed += amount
    }
    assert.equal(
      out + supply + owed + stuck,
      entered,
      `${label}: what left and what is still for somebody is what came`,
    )
    if (isTrue && !(token === moody && mood !== 0))
      assert.equal(await stage.balance(token, gateway), supply + owed + stuck + gifts, label)
    assert.equal(await chain.client.getBalance({ address: gateway }), 0n, label)
  }
}

test(`what gateways hold is what it is for, after each of ${ROUNDS} steps (seed ${seed})`, async (t) => {
  for (let round = 0; round < ROUNDS; round++) {
    const dice = random()
    if (dice < 0.3) await deposit()
    else if (dice < 0.42) await block()
    else if (dice < 0.72) await claim()
    else if (dice < 0.82) await withdraw()
    else await mischief()
    await check(round)
  }
  t.diagnostic(JSON.stringify(seen))
  if (ROUNDS >= 400)
    for (const what of ['deposit', 'claim', 'claim, unpaid', 'withdrawal', 'passed over', 'TransferFailed', 'BadProof'])
      assert((seen[what] ?? 0) > 0, `${what} happened`)
})
