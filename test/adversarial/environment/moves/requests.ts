// Moves of honest users, who want nothing but to cross the bridge.

import { encodeFunctionData } from 'viem'
import { bridgeAbi } from '../../../../deployments/bridge-abi.ts'
import { OperationError } from '../../../../node/errors.ts'
import { TRANSACTION_GAS } from '../../../../node/ethereum/calls.ts'
import { parseHex } from '../../../../node/protocol/bytes.ts'
import { forceValue } from '../surcharge.ts'
import type { Move } from './move.ts'

const request: Move = {
  name: 'ask to cross the bridge',
  weight: 9,
  make: async ({ users }, chance) => {
    return await unlessAway(async () => {
      const request = await users.ask(chance)
      return request && `${request.infohash.slice(0, 8)} for ${request.net}`
    })
  },
}

const forceRequest: Move = {
  name: 'force a request',
  weight: 2,
  make: async (ground, chance) => {
    return await unlessAway(async () => {
      const forced = await ground.users.signToForce(chance)
      if (forced === undefined) return undefined
      const args = [[forced.packed]] as const
      const data = encodeFunctionData({ abi: bridgeAbi, functionName: 'force', args })
      const value = await forceValue(ground, [parseHex(forced.packed)])
      const outcome = await ground.caller.send({ data, gas: TRANSACTION_GAS - 1n, value })
      return `${forced.infohash.slice(0, 8)} for ${forced.net}: ${outcome}`
    })
  },
}

/** A user whose node does not answer comes another time. */
async function unlessAway(act: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof OperationError && error.retry) return undefined
    throw error
  }
}

export const REQUEST_MOVES: readonly Move[] = [request, forceRequest]
