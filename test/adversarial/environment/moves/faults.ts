// Moves against the honest processes themselves: kill -9, and endpoints that fall silent or lie for a while.

import type { Move } from './move.ts'

const kill: Move = {
  name: 'kill a process',
  weight: 4,
  async make({ honest }, chance, number) {
    const name = chance.pick(honest.names)
    const moves = chance.oneOf(0, 0, 1, 3)
    if (name === undefined || honest.isAway(name) || !honest.isRunning(name)) return undefined
    await honest.kill(name, number + moves)
    return `${name}, for ${moves} moves`
  },
}

const silence: Move = {
  name: 'silence the good endpoint',
  weight: 1,
  async make({ honest: { endpoints } }, chance, number) {
    if (endpoints.isASilent) return undefined
    const moves = chance.whole(1, 2)
    return `it ${endpoints.silence(chance, number + moves)}, for ${moves} moves`
  },
}

const lie: Move = {
  name: 'let the bad endpoint lie',
  weight: 4,
  async make({ honest: { endpoints } }, chance, number) {
    if (endpoints.isBWrong) return undefined
    const moves = chance.whole(1, 8)
    return `it ${await endpoints.lie(chance, number + moves)}, for ${moves} moves`
  },
}

export const FAULT_MOVES: readonly Move[] = [kill, silence, lie]
