// Bringing a token of Ethereum to the TTX side, through its gateway.

import { OperationError } from '../../errors.ts'
import { approveCall, createGatewayCall, gatewayDepositCall } from '../../ethereum/gateways/calls.ts'
import { checkFactory } from '../../ethereum/gateways/factory.ts'
import { gatewayOf } from '../../ethereum/gateways/gateway.ts'
import { allowanceOf, hasCode, tokenBalanceOf } from '../../ethereum/gateways/token.ts'
import { isAnyRefusal } from '../../ethereum/refusals.ts'
import type { TransactionSender } from '../../ethereum/sending/sender.ts'
import type { Address, Hash, Infohash } from '../../protocol/ids.ts'
import { depositInfohash } from '../asset-deposit.ts'
import { carryOut, carryOutOnce, type Done } from './carry-out.ts'
import { checkOwned } from './owned.ts'

export type TokenDeposit = {
  /** Of this network: it makes the gateway where there is none. */
  readonly factory: Address
  readonly token: Address
  /** Units of the token. */
  readonly amount: bigint
  /** Who is credited on the TTX side. */
  readonly to: Address
}

export type DepositedToken = Done & {
  /** Of the transaction that every node builds from the entry. */
  readonly infohash: Infohash
  /** Of the entry in the lane of assets. */
  readonly index: bigint
  /** The asset. */
  readonly gateway: Address
  /** Units: what really arrived, which is less than `amount` of a token that takes a fee. */
  readonly credit: bigint
  readonly transaction: Hash
}

export type Preparation = 'create' | 'approve'

/**
 * Makes the gateway if it is missing, allows it exactly this much, and deposits: three transactions at most. Run again after it was cut off, it goes on
 * where it was: the same deposit that is under way, or was done and not acknowledged, is not made twice. `onPreparation` is told before what comes first
 * is sent. Throws `deployment-differs` if the factory is not ours, `bad-address`, `insufficient-tokens`, and what `carryOut` throws.
 */
export async function depositToken(
  sender: TransactionSender,
  { factory, token, amount, to }: TokenDeposit,
  onPreparation: (what: Preparation) => void = () => undefined,
  signal?: AbortSignal,
): Promise<DepositedToken> {
  const { chain, bridge } = sender.ethereum.network
  const gateway = gatewayOf(factory, token)
  const prepare = async () => {
    // What a stranger's gateway is allowed, and given, is theirs.
    await checkFactory(sender.ethereum, factory, bridge)
    await checkDeposit(sender, { token, amount, to, gateway })
    if (!(await hasCode(sender.ethereum, gateway))) {
      onPreparation('create')
      await carryOut(sender, createGatewayCall(factory, token), signal)
    }
    await allow(sender, token, gateway, amount, () => onPreparation('approve'), signal)
    return gatewayDepositCall(gateway, amount, to)
  }
  const intent = `deposit ${amount} of ${token} for ${to} by ${gateway}`
  const { receipt, isEarlier, acknowledge } = await carryOutOnce(sender, intent, prepare, signal)
  const { hash, queued = [] } = receipt
  // A token can enter units of its own on the way.
  const entry = queued.find(({ asset }) => asset === gateway)
  if (entry?.amount === undefined) throw new Error(`no entry of an asset in ${hash}`)
  const { index, amount: credit } = entry
  const infohash = depositInfohash({ chain, bridge }, { index, asset: gateway, amount: credit, to })
  return { infohash, index, gateway, credit, transaction: hash, isEarlier, acknowledge }
}

type Checked = Omit<TokenDeposit, 'factory'> & { readonly gateway: Address }

async function checkDeposit({ ethereum }: TransactionSender, { token, amount, to, gateway }: Checked): Promise<void> {
  await checkOwned(ethereum, to, [ethereum.bridge, token, gateway])
  const { account } = ethereum
  const balance = await tokenBalanceOf(ethereum, token, account)
  if (balance === undefined) {
    throw new OperationError(
      'bad-address',
      `expected a token (ERC-20) on Ethereum, got ${token}, which does not say what ${account} holds of it; check the address`,
      { facts: { token } },
    )
  }
  if (balance >= amount) return
  throw new OperationError(
    'insufficient-tokens',
    `expected ${amount} units of ${token} at ${account}, got ${balance}; deposit less, or send some there first`,
    { facts: { account, token, balance: `${balance}`, amount: `${amount}` } },
  )
}

/** Of the amount, and no more: what a gateway could take beyond that, a flaw of it could. */
async function allow(
  sender: TransactionSender,
  token: Address,
  gateway: Address,
  amount: bigint,
  onSend: () => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { ethereum } = sender
  const allowed = (await allowanceOf(ethereum, token, ethereum.account, gateway)) ?? 0n
  if (allowed >= amount) return
  onSend()
  const approve = (units: bigint) => carryOut(sender, approveCall(token, gateway, units), signal)
  try {
    await approve(amount)
  } catch (error) {
    // Some tokens (USDT) change no allowance that is not zero, and some (BNB) set none to zero: the one refuses, and nothing was sent.
    if (allowed === 0n || !isAnyRefusal(error)) throw error
    await approve(0n)
    await approve(amount)
  }
}
