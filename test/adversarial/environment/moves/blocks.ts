// Moves that publish blocks: on any parent that the contract takes, right and wrong ones, in branches, in crowds, and in one second.

import { DONE } from '../calls.ts'
import type { Chance } from '../chance.ts'
import type { Ground } from '../ground.ts'
import type { ModelBlock, ParentKind } from '../model.ts'
import { type Kind, makeBlock, type Site, siteAbove, siteOn } from '../publishing.ts'
import type { Move } from './move.ts'

const HOUR = 3_600

/** Each kind of parent is as likely as another, whatever number there is of it. */
function pickParent(
  { model }: Ground,
  time: bigint,
  chance: Chance,
): { readonly block: ModelBlock; readonly kind: ParentKind } | undefined {
  const parents = model.parents(time)
  const kinds = [...new Set(parents.map(({ kind }) => kind))].toSorted()
  const kind = chance.pick(kinds)
  const place = chance.number()
  const ofKind = parents.filter((parent) => parent.kind === kind)
  // Often the latest of its kind, so that branches get long.
  return place < 0.4 ? ofKind.at(-1) : ofKind[Math.floor(((place - 0.4) / 0.6) * ofKind.length)]
}

async function publishOne(ground: Ground, kind: Kind, chance: Chance): Promise<string | undefined> {
  const { next } = await ground.head()
  const parent = pickParent(ground, next, chance)
  if (parent === undefined) return undefined
  const made = await makeBlock(ground, siteOn(ground, parent.block), kind, next, chance)
  if (made === undefined) return undefined
  const outcome = await ground.caller.send(made.call)
  return `${made.note} on ${parent.kind} ${parent.block.id.slice(0, 10)}: ${outcome}`
}

const publishRight: Move = {
  name: 'publish a right block',
  weight: 14,
  make: (ground, chance) => publishOne(ground, chance.isLucky(0.3) ? 'empty' : 'right', chance),
}

const publishWrong: Move = {
  name: 'publish a wrong block',
  weight: 12,
  make: (ground, chance) => publishOne(ground, 'wrong', chance),
}

const growBranch: Move = {
  name: 'grow a branch',
  weight: 6,
  async make(ground, chance) {
    const parent = pickParent(ground, (await ground.head()).next, chance)
    if (parent === undefined) return undefined
    const length = chance.size(2, ground.bounds.branch)
    const pause = BigInt(chance.oneOf(1, 2_700, HOUR, HOUR, HOUR, 2 * HOUR))
    const lastKind = chance.oneOf<Kind>('right', 'right', 'wrong')
    let site: Site = siteOn(ground, parent.block)
    let count = 0
    for (; count < length; count++) {
      await ground.await(pause)
      const { next } = await ground.head()
      const time = count === 0 ? next : next - 1n + pause
      const kind = count === length - 1 ? lastKind : chance.isLucky(0.8) ? 'empty' : 'right'
      const made = await makeBlock(ground, site, kind, time, chance)
      if (made === undefined) break
      // By itself each comes a second later, which others might take before us.
      if (count > 0 && pause > 1n) await ground.stage.anvil.client.setNextBlockTimestamp({ timestamp: time })
      if ((await ground.caller.send(made.call)) !== DONE) break
      site = siteAbove(made, (await ground.head()).time)
    }
    await ground.bury()
    if (count === 0) return undefined
    return `${count} of ${length} blocks, ${pause} s apart, on ${parent.kind} ${parent.block.id.slice(0, 10)}, up to ${site.parent.slice(0, 10)}`
  },
}

const crowd: Move = {
  name: 'publish a crowd of siblings',
  weight: 3,
  async make(ground, chance) {
    const parent = pickParent(ground, (await ground.head()).next, chance)
    if (parent === undefined) return undefined
    const size = chance.size(3, ground.bounds.siblings)
    const place = chance.isLucky(0.5) ? chance.whole(0, size - 1) : undefined
    let [count, tries] = [0, 0]
    for (; tries < size; tries++) {
      await ground.model.sync()
      const { next } = await ground.head()
      const site = siteOn(ground, parent.block)
      const made = await makeBlock(ground, site, tries === place ? 'wrong' : 'empty', next, chance)
      if (made === undefined) break
      if ((await ground.caller.send(made.call)) === DONE) count += 1
      else if (tries - count > 5) break
    }
    return `${count} of ${size} children of ${parent.kind} ${parent.block.id.slice(0, 10)}`
  },
}

const oneSecond: Move = {
  name: 'publish several blocks in one second',
  weight: 4,
  async make(ground, chance) {
    const { next } = await ground.head()
    const sites = Array.from({ length: chance.whole(1, 3) }, () => pickParent(ground, next, chance)).flatMap(
      (parent) => {
        return parent === undefined ? [] : [siteOn(ground, parent.block)]
      },
    )
    const made = []
    for (const start of sites) {
      let site = start
      const height = chance.whole(1, 3)
      for (let i = 0; i < height; i++) {
        const kind = chance.oneOf<Kind>('right', 'empty', 'wrong')
        const block = await makeBlock(ground, site, kind, next, chance)
        if (block === undefined) break
        made.push(block)
        site = siteAbove(block, next)
      }
    }
    if (made.length === 0) return undefined
    const outcomes = await ground.caller.sendTogether(made.map(({ call }) => call))
    return made.map(({ note }, i) => `${note}: ${outcomes[i]}`).join('; ')
  },
}

export const BLOCK_MOVES: readonly Move[] = [publishRight, publishWrong, growBranch, crowd, oneSecond]
