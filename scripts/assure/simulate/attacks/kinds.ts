// All attacks that are simulated, by name.

import { targetFloor } from '../../../../node/protocol/target.ts'
import { HOUR } from '../world/assumptions.ts'
import { Miner } from '../world/miner.ts'
import type { Strategy, World } from '../world/world.ts'
import { Censor } from './censor.ts'
import { Dust, QueueFlood } from './floods.ts'
import { Fork } from './fork.ts'
import { Claimer, Copycat } from './griefing.ts'
import { Lies } from './lies.ts'
import { LightForks } from './light-forks.ts'
import { Selfish } from './selfish.ts'
import { TwoIdentities } from './two-identities.ts'

export type Kind = {
  readonly name: string
  /** In a few words, for the table. */
  readonly title: string
  /** What the attack needs: hash rate, or nothing but coins. */
  readonly needs: 'hash rate' | 'coins'
  /** It burns bonds, so that its budget decides how long it goes on. */
  readonly burns: boolean
  /** Somebody deals with themselves: that must never profit. */
  readonly isSelfDealing: boolean
  /** Nothing but requests crosses: the queue is empty, which otherwise makes old finds worthless. */
  readonly isQuiet?: boolean
  /** The kind that does the same without the attack, if that is not `HONEST`. */
  readonly instead?: string
  readonly make: (world: World, share: number) => Strategy[]
}

const HASHING = { needs: 'hash rate', burns: false, isSelfDealing: false } as const
const BURNING = { ...HASHING, burns: true } as const
const PAYING = { needs: 'coins', burns: false, isSelfDealing: false } as const

/** The same hash rate at honest work: all others are compared with it. */
export const HONEST: Kind = {
  ...HASHING,
  name: 'honest',
  title: 'none: the same hash rate mines as the product does',
  make: (world, share) => [new Miner(world, world.attacker, share)],
}

export const KINDS: readonly Kind[] = [
  { ...BURNING, name: 'lies', title: 'wrong blocks', make: (world, share) => [new Lies(world, share)] },
  {
    ...BURNING,
    name: 'hard-lies',
    title: 'wrong blocks of twice the work',
    make: (world, share) => [new Lies(world, share, { hard: true })],
  },
  {
    ...BURNING,
    name: 'self-refutation',
    title: 'wrong blocks, refuted by their author',
    isSelfDealing: true,
    make: (world, share) => [new Lies(world, share, { self: true })],
  },
  {
    ...BURNING,
    name: 'two-identities',
    title: "rivals beside one's own blocks",
    isSelfDealing: true,
    make: (world, share) => [new TwoIdentities(world, share)],
  },
  {
    ...HASHING,
    name: 'washing',
    title: 'own requests, mined along with all others',
    isSelfDealing: true,
    make: (world, share) => [new Miner(world, world.attacker, share), new Dust(world, { amount: 1_000, perHour: 5 })],
  },
  {
    ...BURNING,
    name: 'light-forks',
    title: 'rivals beside every block',
    make: (world, share) => [new LightForks(world, share)],
  },
  {
    ...BURNING,
    name: 'daily-forks',
    title: 'a rival once a day',
    make: (world, share) => [new LightForks(world, share, { everyHours: 22 })],
  },
  {
    ...BURNING,
    name: 'last-second',
    title: 'rivals in the last minute of 12 hours',
    make: (world, share) => [new LightForks(world, share, { last: true })],
  },
  {
    ...BURNING,
    name: 'nominations',
    title: 'rivals, nominated early and in the last hour',
    make: (world, share) => [new LightForks(world, share, { nominate: true })],
  },
  {
    ...BURNING,
    name: 'fee-sniping',
    title: 'heavier branches beside blocks with high fees',
    make: (world, share) => [new Fork(world, share, { release: 'ahead' })],
  },
  {
    ...BURNING,
    name: 'spoiling',
    title: 'one heavier rival in two days, whatever the fees',
    make: (world, share) => [new Fork(world, share, { release: 'ahead', everyHours: 36 })],
  },
  {
    ...BURNING,
    name: 'free-riding',
    title: 'the same by somebody who has their own requests',
    instead: 'washing',
    make: (world, share) => [
      new Fork(world, share, { release: 'ahead', everyHours: 36 }),
      new Dust(world, { amount: 1_000, perHour: 5 }),
    ],
  },
  {
    ...BURNING,
    name: 'late-branch',
    title: 'a branch kept back until hour 12 and hour 22',
    make: (world, share) => [new Fork(world, share, { release: 'last' })],
  },
  {
    ...BURNING,
    name: 'late-branch-quiet',
    title: 'the same, while nobody uses the queue',
    isQuiet: true,
    make: (world, share) => [new Fork(world, share, { release: 'last' })],
  },
  {
    ...BURNING,
    name: 'censor',
    title: "a branch of the censor's own empty blocks, against all others",
    make: (world, share) => [new Censor(world, share)],
  },
  {
    ...HASHING,
    name: 'censor-and-flood',
    title: 'the same, and a flood of the queue, so that nobody can force their way in',
    make: (world, share) => [new Censor(world, share), new QueueFlood(world)],
  },
  {
    ...HASHING,
    name: 'empty-blocks',
    title: 'empty blocks on the common branch',
    make: (world, share) => [new Miner(world, world.attacker, share, { taste: 'empty' })],
  },
  {
    ...HASHING,
    name: 'selfish',
    title: 'finds kept back, and put in front of others (public mempool)',
    make: (world, share) => [new Selfish(world, share, { sees: 1 })],
  },
  {
    ...HASHING,
    name: 'selfish-hard',
    title: 'the same, with twice the work in what builds on hidden blocks',
    make: (world, share) => [new Selfish(world, share, { sees: 1, hard: true })],
  },
  {
    ...HASHING,
    name: 'selfish-private',
    title: 'as selfish, where 9 of 10 publications are sent privately',
    make: (world, share) => [new Selfish(world, share, { sees: 0.1 })],
  },
  {
    ...HASHING,
    name: 'selfish-quiet',
    title: 'as selfish, while nobody uses the queue',
    isQuiet: true,
    make: (world, share) => [new Selfish(world, share, { sees: 1 })],
  },
  {
    ...HASHING,
    name: 'bursts',
    title: 'twice the work in each block for 6 hours, then 6 hours as usual',
    make: (world, share) => {
      const isBurst = () => Math.floor((world.now - world.start) / (6 * HOUR)) % 2 === 0
      const targetOf = (ceiling: bigint, parent: bigint) => (isBurst() ? targetFloor(parent) : ceiling)
      return [new Miner(world, world.attacker, share, { targetOf, isAwake: () => true })]
    },
  },
  {
    ...HASHING,
    name: 'stop-and-go',
    title: 'mines for 12 hours, rests for 12',
    make: (world, share) => {
      const isAwake = (time: number) => Math.floor((time - world.start) / (12 * HOUR)) % 2 === 0
      return [new Miner(world, world.attacker, share, { isAwake })]
    },
  },
  {
    ...PAYING,
    name: 'queue-flood',
    title: 'forced transactions that are void',
    make: (world) => [new QueueFlood(world)],
  },
  {
    ...PAYING,
    name: 'dust',
    title: '500 requests an hour that just pay their gas',
    make: (world) => [new Dust(world)],
  },
  {
    ...PAYING,
    name: 'outbidding',
    title: '500 requests an hour of 1,000 TTX',
    make: (world) => [new Dust(world, { amount: 1_000 })],
  },
  { ...PAYING, name: 'copycat', title: 'publishes the blocks of others first', make: (world) => [new Copycat(world)] },
  { ...PAYING, name: 'claims', title: 'claims in front of the relayer', make: (world) => [new Claimer(world)] },
]
