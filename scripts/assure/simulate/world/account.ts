// Who has how much, and what each of them paid and got for what.

/** What coins of Ethereum were paid or got for. */
export type Purpose = 'gas' | 'bond' | 'bondBack' | 'reward' | 'entryFee' | 'entry' | 'surcharge'

/** `dealt`: the part of all flows that belongs to what accounts did with themselves: a proof against their own block, a rival beside it. */
export class Account {
  readonly name: string
  wei: bigint
  wttx = 0n
  /** wTTX that finality minted for blocks. */
  fees = 0n
  dealt = 0n
  readonly flows: Record<Purpose, bigint> = {
    gas: 0n,
    bond: 0n,
    bondBack: 0n,
    reward: 0n,
    entryFee: 0n,
    entry: 0n,
    surcharge: 0n,
  }

  constructor(name: string, wei: bigint) {
    this.name = name
    this.wei = wei
  }

  /** Wei; negative where it pays. */
  add(amount: bigint, purpose: Purpose, deal = false): void {
    this.wei += amount
    this.flows[purpose] += amount
    if (deal) this.dealt += amount
  }
}
