// How much a ledger keeps of what costs strangers nothing.

export type LedgerLimits = {
  /** Payments of strangers that no block has ordered, as `RelayLimits`. */
  readonly unordered: number
  /** Waiting files. */
  readonly waitingCount: number
  /** Bytes of waiting files. */
  readonly waitingBytes: number
  /** Part of the waiting pool that one source may fill. */
  readonly waitingShare: number
  /** Conflicting transactions to keep of those that were conflicting when they came. */
  readonly conflicting: number
  /** Stored spenders of one output beyond which a conflicting newcomer is not kept. */
  readonly rivals: number
  /** Dead transactions to keep on record. */
  readonly dead: number
  /** Infohashes lately refused to remember. */
  readonly rejects: number
  /** Rows after which a long change is cut; each takes about a kilobyte of memory. */
  readonly batchRows: number
}

/** Disk: about 1.1 kB for each payment. Memory: about 1 kB for each waiting file, 0.2 kB for each reject, 20 MB of cached rows, 5 MB of a long change; nothing grows with history. */
export const DEFAULT_LIMITS: LedgerLimits = {
  unordered: 1_000_000,
  waitingCount: 32_768,
  waitingBytes: 16 * 1024 * 1024,
  waitingShare: 0.25,
  conflicting: 50_000,
  rivals: 8,
  dead: 50_000,
  rejects: 20_000,
  batchRows: 5_000,
}
