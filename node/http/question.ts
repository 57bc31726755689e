// What is asked over HTTP by POST, and what comes back: the same for Node and for browsers.

/** One question. Whoever answers may lie, and may be slow: nothing here ends by itself. */
export type HttpQuestion = {
  /** http or https, without user and password. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: string
  /** Ends it: then its reason is thrown, or an error that has it as its cause. */
  readonly signal: AbortSignal
  /** Bytes of the answer, unpacked. */
  readonly mostBytes: number
  /** See `BoundedText`. */
  readonly bytesAValue?: number
  /** Over a connection that nothing was sent over before, and that is not kept. */
  readonly isAlone?: boolean
  /** Called with each part of the answer. */
  readonly onPart?: () => void
}

export type HttpAnswer = {
  readonly status: number
  /** Names in small letters. */
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
}

/** There was nobody to send it to: no name, or no connection. */
export class NoConnectionError extends Error {}
