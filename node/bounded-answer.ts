// Reading an answer over HTTP from somebody who may lie: no more of it than an honest answer has, however little it is on the wire, and none whose
// parsing would stop this thread for seconds.

/** Bytes that begin a value in JSON: a comma, a bracket or a brace. */
const BEGINNINGS: ReadonlySet<number> = new Set([...',[{'].map((sign) => sign.charCodeAt(0)))
/** Any answer may have at most this many values. */
const FREE_VALUES = 100_000

/** Text that comes in parts. */
export class BoundedText {
  readonly #mostBytes: number
  readonly #bytesAValue: number
  readonly #decoder = new TextDecoder()
  #text = ''
  #bytes = 0
  #values = 0

  /** `bytesAValue` is the least length of an honest value, on average: text of a given length takes long to parse where it has many. */
  constructor(mostBytes: number, bytesAValue = 0) {
    this.#mostBytes = mostBytes
    this.#bytesAValue = bytesAValue
  }

  /** Throws `RangeError` beyond the most bytes, or below the least length of a value. */
  add(part: Uint8Array): void {
    this.#bytes += part.length
    const [bytes, most, least] = [this.#bytes, this.#mostBytes, this.#bytesAValue]
    if (bytes > most) throw new RangeError(`expected an answer of at most ${most} bytes, got more`)
    if (least > 0) {
      for (const byte of part) if (BEGINNINGS.has(byte)) this.#values += 1
      if (this.#values > FREE_VALUES && this.#values * least > bytes)
        throw new RangeError(
          `expected values of at least ${least} bytes on average, got ${this.#values} in ${bytes} bytes`,
        )
    }
    this.#text += this.#decoder.decode(part, { stream: true })
  }

  /** All of it. */
  end(): string {
    return this.#text + this.#decoder.decode()
  }
}

/** The body as text, unpacked; `onPart` is called with each part. Throws as `BoundedText` does, and what reading throws. */
export async function readBounded(
  response: Response,
  mostBytes: number,
  bytesAValue = 0,
  onPart: () => void = () => {},
): Promise<string> {
  const text = new BoundedText(mostBytes, bytesAValue)
  for await (const part of response.body ?? []) {
    onPart()
    text.add(part)
  }
  return text.end()
}
