// Where the gateway of a token is, without asking anybody: as contracts/interfaces/IGatewayFactory.sol has it.

import { concatHex, getCreate2Address, getCreateAddress } from 'viem'
import { type Address, parseAddress, ZERO_HASH } from '../../protocol/ids.ts'

/** The gateway that a factory makes for a token, or has made: the asset of kind 2 that this token is on the TTX side. */
export function gatewayOf(factory: Address, token: Address): Address {
  // A contract's first CREATE has nonce 1 (EIP-161).
  const implementation = getCreateAddress({ from: factory, nonce: 1n })
  // EIP-1167 with arguments behind the code, as OpenZeppelin's Clones write it: 45 bytes and the token remain, 0x41 in all.
  const bytecode = concatHex([
    '0x6100413d81600a3d39f3363d3d373d3d3d363d73',
    implementation,
    '0x5af43d82803e903d91602b57fd5bf3',
    token,
  ])
  return parseAddress(getCreate2Address({ from: factory, salt: ZERO_HASH, bytecode }).toLowerCase())
}
