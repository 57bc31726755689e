// What must hold whatever the driver does. Looks after each move that nothing has become wrong for good, and waits, whenever it is asked
// to, until the honest processes have done all that there is to do.

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Hash } from '../../../node/protocol/ids.ts'
import { BRANCH_SECONDS } from '../../../node/protocol/rules.ts'
import { findDuties } from './duties.ts'
import type { Ground } from './ground.ts'
import { slowness } from './patience.ts'

/** Milliseconds on an idle machine: a process that does nothing for this long, although there is something to do, is stuck. */
const STUCK_MS = 60_000
/** Milliseconds on an idle machine: older no wrong block gets under the eyes of a watcher. */
const WRONG_MS = 60_000
const LOOK_MS = 100
const HOUR = 3_600n
/** Seconds: a block is decided this long after its publication, a nomination and the time of the calls included. */
const DECIDED = 51n * HOUR
/** Seconds: that part of it which comes after the nomination. */
const NOMINATED = 3n * HOUR

export class Watchful {
  readonly #ground: Ground
  /** Milliseconds for which a watcher was there in all, with a good endpoint and a node. */
  #watchedMs = 0
  #lookedMs = performance.now()
  /** What `#watchedMs` was when a wrong block was first seen alive. */
  readonly #born = new Map<Hash, number>()
  /** Times of Ethereum at which all was settled. */
  #settled: bigint[] = []
  #reorganisations = 0
  /** Milliseconds. */
  longestKillMs = 0
  longestLiveMs = 0
  readonly killed = new Set<Hash>()

  constructor(ground: Ground) {
    this.#ground = ground
  }

  /** Throws where something has become wrong that nothing can mend, or where a wrong block has lived too long. */
  async observe(): Promise<void> {
    const { model, honest } = this.#ground
    await model.sync()
    this.#forgetTimes()
    for (const id of model.finals) assert.equal(model.of(id).verdict, 'right', `block ${id} is final, and wrong`)
    for (const { id, refuted } of model.tree.values()) {
      if (refuted) assert.notEqual(model.of(id).verdict, 'right', `block ${id} was refuted, and is right`)
    }
    for (const name of honest.names) {
      assert.ok(honest.isAway(name) || honest.isRunning(name), `${name} has ended by itself`)
    }
    const nowMs = performance.now()
    if (this.#isWatched()) this.#watchedMs += nowMs - this.#lookedMs
    this.#lookedMs = nowMs
    const wrong = new Set(model.livingWrong())
    for (const id of wrong) if (!this.#born.has(id)) this.#born.set(id, this.#watchedMs)
    for (const [id, bornMs] of this.#born) {
      const ageMs = this.#watchedMs - bornMs
      if (wrong.has(id)) {
        const mostMs = WRONG_MS + honest.beacons.longestFailureMs
        if (ageMs < mostMs || ageMs < mostMs * (await slowness())) continue
        assert.fail(
          `wrong block ${id} (${model.of(id).problem}) has lived for ${Math.round(ageMs / 1_000)} s under the eyes of a watcher`,
        )
      }
      this.#born.delete(id)
      if (model.tree.get(id)?.refuted !== true) continue
      this.killed.add(id)
      this.longestKillMs = Math.max(this.longestKillMs, ageMs)
    }
  }

  /**
   * Resolves when nothing is left to do for anybody honest. Brings back who was killed, and the good endpoint. Throws where they do nothing
   * for a long time, although there is something to do.
   */
  async settle(): Promise<void> {
    const { honest } = this.#ground
    await honest.calm()
    const startMs = performance.now()
    let [progress, progressMs, isLive] = ['', startMs, false]
    for (;;) {
      await this.observe()
      const duties = await findDuties(this.#ground)
      const nowMs = performance.now()
      if (!isLive && duties.isLive) this.longestLiveMs = Math.max(this.longestLiveMs, nowMs - startMs)
      isLive ||= duties.isLive
      if (duties.open.length === 0) break
      if (duties.progress !== progress) [progress, progressMs] = [duties.progress, nowMs]
      else {
        const mostMs = STUCK_MS + honest.beacons.longestFailureMs
        const idleMs = nowMs - progressMs
        if (idleMs > mostMs && idleMs > mostMs * (await slowness()))
          assert.fail(`nothing happens, although ${duties.open.join('; ')}`)
      }
      await delay(LOOK_MS)
    }
    honest.beacons.longestFailureMs = 0
    if (!honest.endpoints.isBWrong) await this.#checkDecisions()
  }

  /** No right block may wait longer for its fate than the documents say. */
  async #checkDecisions(): Promise<void> {
    const { model } = this.#ground
    const { time } = await this.#ground.head()
    this.#settled.push(time)
    for (const id of model.living()) {
      if (id === model.final || model.of(id).verdict !== 'right') continue
      const { publishedAt } = model.standing(id)
      const nominated = this.#settled.find((each) => each > publishedAt + BRANCH_SECONDS)
      if (nominated === undefined || time < publishedAt + DECIDED || time < nominated + NOMINATED) continue
      const hours = (time - publishedAt) / HOUR
      assert.fail(`right block ${id} was published ${hours} hours ago, and it is still open whether it is final`)
    }
    const times = [...model.living()].map((id) => model.standing(id).publishedAt)
    const oldest = times.toSorted((a, b) => Number(a - b))[0] ?? time
    this.#settled = this.#settled.filter((each) => each >= oldest)
  }

  /** What was nominated before a reorganisation of Ethereum may have to be nominated again. */
  #forgetTimes(): void {
    if (this.#reorganisations === this.#ground.reorganisations) return
    this.#reorganisations = this.#ground.reorganisations
    this.#settled = []
  }

  #isWatched(): boolean {
    const { honest } = this.#ground
    return !honest.endpoints.isASilent && !honest.beacons.isAFailing && honest.isUp('watcher') && honest.isUp('node-0')
  }
}
