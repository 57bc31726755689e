// The incremental ledger against the plain model, over random worlds of rivals, deposits, other assets, deep reorganisations, restarts and crashes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Ledger } from '../../../../node/ledger/ledger.ts'
import { SetIndex } from '../../../../node/network/gossip/reconcile/set-index.ts'
import { Sketch } from '../../../../node/network/gossip/reconcile/sketch.ts'
import { SecretIndex } from '../../../../node/network/torrent/secret-index.ts'
import { type NetworkStoreDeps, NodeStore } from '../../../../node/network-store.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { compare, modelOf } from './comparison.ts'
import {
  at,
  type BlockNode,
  chooseSteps,
  type Draw,
  drawer,
  makeWorld,
  QUEUED,
  toStep,
  type World,
} from './random-world.ts'
import { recountCharges } from './recount.ts'
import { Reference } from './reference.ts'
import { block, depositOf, GENESIS_BLOCK, GENESIS_INFOHASH, type OpenLedger, openLedger } from './world.ts'

const SEED = 20_260_727
const RUNS = 150

const KINDS = [
  'submit',
  'submit',
  'submit',
  'submit',
  'deposit',
  'block',
  'block',
  'branch',
  'final',
  'restart',
  'crash',
] as const
type Command = { readonly kind: (typeof KINDS)[number]; readonly draws: readonly number[] }
type Act = (ledger: Ledger) => Promise<unknown>

const draws = (minLength: number, maxLength: number) => fc.array(fc.nat(1 << 20), { minLength, maxLength })
const script: fc.Arbitrary<Command[]> = fc.array(fc.record({ kind: fc.constantFrom(...KINDS), draws: draws(4, 12) }), {
  minLength: 5,
  maxLength: 60,
})
const recipe = fc.array(draws(6, 10), { minLength: 5, maxLength: 35 })
// Few rows cut nearly every change into several batches.
const batchRows = fc.constantFrom(1, 4, 20_000)

test('the ledger agrees with the model after every step, restart and crash', async (context) => {
  context.diagnostic(`seed ${SEED}`)
  let coins = 0
  const property = fc.asyncProperty(recipe, script, batchRows, async (made, commands, rows) => {
    await using opened = await openLedger({ limits: { rivals: 1_000, batchRows: rows } })
    const play = new Play(opened, makeWorld(made))
    let { ledger, index } = await indexOf(opened.ledger)
    for (const command of commands) {
      await play.run(command)
      await opened.ledger.idle()
      await compare(opened.ledger, play.model, play.world)
      // What peers compare with, kept up to date, is what it would be if it were filled now.
      if (ledger !== opened.ledger) ({ ledger, index } = await indexOf(opened.ledger))
      assert.deepEqual(index.sketch.copy(), (await sketchOf(ledger)).copy())
    }
    await opened.ledger.stop()
    coins += await recountCharges(opened.folder)
  })
  await fc.assert(property, { seed: SEED, numRuns: RUNS })
  assert.ok(coins > 0)
})

async function indexOf(ledger: Ledger): Promise<{ readonly ledger: Ledger; readonly index: SetIndex }> {
  const store = new NodeStore({ ledger, pool: { blocks: [] }, follower: undefined } as unknown as NetworkStoreDeps) // no block is asked for
  const index = new SetIndex(store, new SecretIndex())
  await index.start(() => {}, new AbortController().signal).done
  return { ledger, index }
}

async function sketchOf(ledger: Ledger): Promise<Sketch> {
  const sketch = new Sketch()
  for await (const { infohash, isCounted } of ledger.shared()) if (isCounted) sketch.toggle(infohash)
  return sketch
}

/** A ledger, its model, and the tree of blocks that they are led through. */
class Play {
  readonly world: World
  model: Reference
  readonly #opened: OpenLedger
  readonly #blocks: BlockNode[] = [{ id: GENESIS_BLOCK, name: '0', parent: -1, height: 0, contents: [] }]
  #final = 0
  #tip = 0

  constructor(opened: OpenLedger, world: World) {
    this.#opened = opened
    this.world = world
    this.model = new Reference(this.#transactions(), GENESIS_INFOHASH)
  }

  async run({ kind, draws }: Command): Promise<void> {
    const draw = drawer(draws)
    if (kind === 'restart') {
      await this.#opened.reopen()
      this.model.restart()
    } else if (kind === 'crash') {
      const kinds = ['submit', 'deposit', 'block', 'branch', 'final'] as const
      const batches = draw(6)
      const act = this.#act(at(kinds, draw(kinds.length)), draw)
      await this.#opened.crash(batches, act)
      await this.#learnWhatIsLeft()
    } else await this.#act(kind, draw)(this.#opened.ledger)
  }

  /** Draws what to do, tells the model, and returns what to do with the ledger. */
  #act(kind: Exclude<Command['kind'], 'restart' | 'crash'>, draw: Draw): Act {
    const { model } = this
    if (kind === 'submit') {
      const signed = [...this.world.values()].flatMap(({ content }) => content.verified ?? [])
      const { infohash, file } = at(signed, draw(signed.length))
      const source = `peer ${draw(3)}`
      model.submit(infohash)
      return (ledger) => ignoreRuleErrors(ledger.submit(file, source))
    }
    if (kind === 'deposit') {
      const { index, entry } = at(QUEUED, draw(QUEUED.length))
      model.deposit(depositOf(index, entry).infohash)
      return (ledger) => ledger.depositEntry(index, entry)
    }
    const above = this.#blocks.flatMap((_, node) => (this.#path(node).includes(this.#final) ? [node] : []))
    if (kind === 'block') {
      // Mostly on the tip, so that branches grow long; and mostly the new tip.
      this.#grow(draw(3) > 0 ? this.#tip : at(above, draw(above.length)), draw)
      return draw(4) > 0 ? this.#lead(this.#blocks.length - 1, this.#final) : async () => {}
    }
    if (kind === 'branch') return this.#lead(at(above, draw(above.length)), this.#final)
    const path = this.#path(this.#tip).filter((node) => this.#heightOf(node) >= this.#heightOf(this.#final))
    return this.#lead(this.#tip, at(path, draw(Math.min(3, path.length))))
  }

  #grow(parent: number, draw: Draw): void {
    const ordered = this.#path(parent).flatMap((node) =>
      at(this.#blocks, node).contents.map(({ infohash }) => infohash),
    )
    const name = `${this.#blocks.length}`
    const contents = chooseSteps(this.model, this.world, ordered, draw)
    this.#blocks.push({ id: block(name, 0n, []).id, name, parent, height: this.#heightOf(parent) + 1, contents })
  }

  #lead(tip: number, final: number): Act {
    this.#tip = tip
    this.#final = final
    const path = this.#path(tip).slice(1)
    const blocks = path.map((node) => {
      const { name, height, contents } = at(this.#blocks, node)
      return block(name, BigInt(height), contents.map(toStep))
    })
    this.model.setBranch(this.#placed())
    return (ledger) => ledger.setBranch({ final: at(this.#blocks, final).id, blocks })
  }

  /** After a crash the ledger may be anywhere on its way; wherever it is, it must agree with what it says it has. */
  async #learnWhatIsLeft(): Promise<void> {
    const { ledger } = this.#opened
    await ledger.idle()
    const { final, blocks } = ledger.branch()
    const nodeOf = (id: string) =>
      Math.max(
        0,
        this.#blocks.findIndex((node) => node.id === id),
      )
    this.#final = nodeOf(final.id)
    this.#tip = nodeOf((blocks.at(-1) ?? final).id)
    this.model = await modelOf(ledger, this.#transactions(), this.#placed())
  }

  #placed() {
    return this.#path(this.#tip).flatMap((node) => {
      const { height, contents } = at(this.#blocks, node)
      const place = { height, isFinal: height <= this.#heightOf(this.#final) }
      return contents.map(({ infohash }) => ({ infohash, place }))
    })
  }

  #path(node: number): number[] {
    return node === 0 ? [0] : [...this.#path(at(this.#blocks, node).parent), node]
  }

  #heightOf(node: number): number {
    return at(this.#blocks, node).height
  }

  #transactions() {
    return new Map([...this.world].map(([infohash, { tx }]) => [infohash, tx]))
  }
}

async function ignoreRuleErrors(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
  }
}
