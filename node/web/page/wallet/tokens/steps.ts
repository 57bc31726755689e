// What a wallet is asked for to bring a token in, as few times as token and wallet allow. Pure.

export type Step = 'create' | 'clear' | 'approve' | 'permit' | 'deposit' | 'together'

/** A transaction of its own, where nothing shortens them. */
export type Call = Exclude<Step, 'permit' | 'together'>

export type Situation = {
  /** Whether the gateway is there. */
  readonly isMade: boolean
  /** Units that the gateway may take already. */
  readonly allowed: bigint
  /** Whether the token changes an allowance that is not zero: USDT does not. */
  readonly mustClear: boolean
  /** Whether the token takes signed allowances (EIP-2612). */
  readonly hasPermit: boolean
  /** Whether the wallet sends several calls as one, all or none (EIP-5792). */
  readonly isAtomic: boolean
}

/** In their order; `together` stands for all calls at once. */
export function stepsOf(situation: Situation, amount: bigint): readonly Step[] {
  const { isAtomic, hasPermit } = situation
  const calls = callsOf(situation, amount)
  if (calls.length === 1) return calls
  if (isAtomic) return ['together']
  if (!hasPermit || !calls.includes('approve')) return calls
  return calls.flatMap((each): readonly Step[] => (each === 'clear' ? [] : each === 'approve' ? ['permit'] : [each]))
}

export function callsOf({ isMade, allowed, mustClear }: Situation, amount: bigint): readonly Call[] {
  const isAllowed = allowed >= amount
  return [
    ...(isMade ? [] : (['create'] as const)),
    ...(!isAllowed && mustClear && allowed > 0n ? (['clear'] as const) : []),
    ...(isAllowed ? [] : (['approve'] as const)),
    'deposit',
  ]
}
