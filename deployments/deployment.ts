// What `deployments/<chain id>.json` holds: where a bridge is, and all that one has to know to follow it from genesis on.

/** Integers are decimal strings, hex is lower case with `0x`, an infohash is 40 hex digits without. */
export type Deployment = {
  readonly chain: string
  readonly bridge: `0x${string}`
  readonly token: `0x${string}`
  /** The block of Ethereum with the deployment, and its time in unix seconds, which is also that of the genesis block. */
  readonly block: string
  readonly time: string
  readonly transaction: `0x${string}`
  readonly parameters: {
    /** 0x and 64 hex digits. */
    readonly easiestTarget: `0x${string}`
    /** Base units. */
    readonly minRequest: string
    /** Base units. */
    readonly minDeposit: string
  }
  readonly genesis: {
    /** The text of its `tx.json`. */
    readonly file: string
    readonly infohash: string
    /** Root of the state that it makes. */
    readonly state: `0x${string}`
    /** Id of the genesis block. */
    readonly id: `0x${string}`
    /** Its sealed header. */
    readonly header: `0x${string}`
  }
  readonly abi: { readonly bridge: readonly unknown[]; readonly token: readonly unknown[] }
}
