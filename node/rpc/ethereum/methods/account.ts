// Methods about addresses, and calls of the tokens that assets are here.

import { z } from 'zod'
import { ZERO_HASH } from '../../../protocol/ids.ts'
import { balanceAt, spentAt } from '../balances.ts'
import { method } from '../call.ts'
import { NO_BYTES, toQuantity } from '../hex.ts'
import { address, blockRef, callRequest, quantity } from '../params.ts'
import { placeOf } from '../places.ts'
import { callToken, codeAt } from '../tokens.ts'
import { GAS } from '../transactions.ts'

const ofAddress = z.strictObject({ address, block: blockRef })
/** What a call would change beside: nothing here. */
const overrides = z.unknown().optional()

export const ACCOUNT_METHODS = {
  eth_getBalance: method(ofAddress, ({ parts }, { address, block }) =>
    toQuantity(balanceAt(parts, address, undefined, placeOf(parts, block))),
  ),
  eth_getTransactionCount: method(ofAddress, async (call, { address, block }) =>
    toQuantity(await spentAt(call, address, placeOf(call.parts, block))),
  ),
  eth_getCode: method(ofAddress, ({ parts }, { address, block }) => {
    placeOf(parts, block)
    return codeAt(parts, address)
  }),
  eth_getStorageAt: method(z.strictObject({ address, slot: quantity, block: blockRef }), () => ZERO_HASH, 'fixed'),
  eth_call: method(
    z.strictObject({ transaction: callRequest, block: blockRef, stateOverrides: overrides, blockOverrides: overrides }),
    async ({ parts }, { transaction: { to, data, input }, block }) => {
      const place = placeOf(parts, block)
      return to == null ? NO_BYTES : await callToken(parts, to, input ?? data ?? NO_BYTES, place)
    },
  ),
  eth_estimateGas: method(
    z.strictObject({ transaction: callRequest, block: blockRef, stateOverrides: overrides, blockOverrides: overrides }),
    () => toQuantity(GAS),
    'fixed',
  ),
}
