// Methods about the chain as a whole, and answers that are always the same, since payments of TTX cost nothing.

import { z } from 'zod'
import { parseHex } from '../../../protocol/bytes.ts'
import { keccak } from '../../../protocol/hash.ts'
import { toHash } from '../../../protocol/ids.ts'
import { NO_PARAMS } from '../../methods/table.ts'
import { type Call, method } from '../call.ts'
import { chainIdOf } from '../chain-id.ts'
import { toQuantity, ZERO } from '../hex.ts'
import { blockNumber, data, quantity } from '../params.ts'
import { firstOf, lower, placeOf, tipOf } from '../places.ts'

/** As of geth. */
const MOST_FEES = 1_024n
const MOST_PERCENTILES = 100

export const CHAIN_METHODS = {
  eth_chainId: method(NO_PARAMS, ({ parts }) => toQuantity(chainIdOf(parts.definition))),
  net_version: method(NO_PARAMS, ({ parts }) => `${chainIdOf(parts.definition)}`),
  net_listening: method(NO_PARAMS, () => true, 'fixed'),
  net_peerCount: method(NO_PARAMS, ({ parts }) => toQuantity(parts.peers())),
  web3_clientVersion: method(NO_PARAMS, ({ parts }) => `TorrentTX/v${parts.version}`),
  web3_sha3: method(z.strictObject({ data }), (_, params) => toHash(keccak(parseHex(params.data)))),
  eth_blockNumber: method(NO_PARAMS, ({ parts }) => toQuantity(tipOf(parts))),
  eth_syncing: method(NO_PARAMS, ({ parts }) => syncing(parts)),
  eth_accounts: method(NO_PARAMS, () => [], 'fixed'),
  eth_gasPrice: method(NO_PARAMS, () => ZERO, 'fixed'),
  eth_maxPriorityFeePerGas: method(NO_PARAMS, () => ZERO, 'fixed'),
  eth_blobBaseFee: method(NO_PARAMS, () => ZERO, 'fixed'),
  eth_feeHistory: method(
    z.strictObject({
      // Some clients write a plain number.
      blockCount: z.union([quantity, z.number().int().nonnegative().transform(BigInt)]),
      newestBlock: blockNumber,
      rewardPercentiles: z.array(z.number().min(0).max(100)).max(MOST_PERCENTILES).nullish(),
    }),
    ({ parts }, { blockCount, newestBlock, rewardPercentiles }) => {
      const newest = placeOf(parts, newestBlock).height
      const count = Number(lower(lower(blockCount, MOST_FEES), newest + 1n))
      return {
        oldestBlock: toQuantity(newest + 1n - BigInt(count)),
        baseFeePerGas: Array.from({ length: count + 1 }, () => ZERO),
        gasUsedRatio: Array.from({ length: count }, () => 0),
        ...(rewardPercentiles?.length
          ? { reward: Array.from({ length: count }, () => rewardPercentiles.map(() => ZERO)) }
          : {}),
      }
    },
    'fixed',
  ),
}

function syncing(parts: Call['parts']) {
  if (parts.follower === undefined || parts.follower.status.state === 'live') return false
  const tip = toQuantity(tipOf(parts))
  return { startingBlock: toQuantity(firstOf(parts)), currentBlock: tip, highestBlock: tip }
}
