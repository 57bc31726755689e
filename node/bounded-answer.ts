// Reading an answer over HTTP from somebody who may lie: no more of it than an honest answer has, however little it is on the wire, and none whose
// parsing would stop this thread for seconds.

/** Bytes that begin a value in JSON: a comma, a bracket or a brace. */
const BEGINNINGS: ReadonlySet<number> = new Set([...',[{'].map((sign) => sign.charCodeAt(0)))
/** Any answer may have at most this many values. */
const FREE_VALUES = 100_000

/**
 * The body as text, unpacked. `bytesAValue` is the least length of an honest value, on average: text of a given length takes long to parse where it
 * has many. Throws `RangeError` beyond `mostBytes` or below that, and what reading throws.
 */
export async function readBounded(response: Response, mostBytes: number, bytesAValue = 0): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  let values = 0
  for await (const chunk of response.body) {
    bytes += chunk.length
    if (bytes > mostBytes) throw new RangeError(`expected an answer of at most ${mostBytes} bytes, got more`)
    if (bytesAValue > 0) {
      for (const byte of chunk) if (BEGINNINGS.has(byte)) values += 1
      if (values > FREE_VALUES && values * bytesAValue > bytes)
        throw new RangeError(
          `expected values of at least ${bytesAValue} bytes on average, got ${values} in ${bytes} bytes`,
        )
    }
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
