// Bytes that a liar or a broken line would send: right ones, changed in the ways that find faults in parsers.

/** What is put in the place of a number: the borders of what fits, and what is none. */
const NUMBERS = ['-1', '-0', '00', '1', '255', '256', '65536', '2147483647', '2147483648', '4294967295', '4294967296']
const HUGE = ['9007199254740991', '9007199254740992', '18446744073709551616', '99999999999999999999999', '1e3', '']
/** What ends, or begins, a thing of bencoding where none was. */
const TOKENS = ['e', 'd', 'l', 'i', '0:', '1:', ':', '-3:', 'de', 'le', 'i0e', 'i-1e', 'd1:', 'l'.repeat(40)]

export type Random = () => number

/** One of `samples`, changed one to four times; `random` is from 0 to below 1. */
export function mutantOf(random: Random, samples: readonly Uint8Array[]): Buffer {
  const below = (n: number) => Math.floor(random() * n)
  const sample = (): Buffer => Buffer.from(samples[below(samples.length)] ?? '')
  let bytes: Buffer = sample()
  for (let i = below(4); i >= 0; i--) bytes = CHANGES[below(CHANGES.length)]?.(bytes, below, sample) ?? bytes
  return bytes
}

type Below = (n: number) => number
type Change = (bytes: Buffer, below: Below, sample: () => Buffer) => Buffer

const CHANGES: readonly Change[] = [
  // A bit, a byte, some bytes more, some less.
  (bytes, below) => {
    const at = below(bytes.length)
    if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
    return bytes
  },
  (bytes, below) => spliced(bytes, below(bytes.length + 1), 1, Buffer.of([0, 0xff, 0x7f, 0x80][below(4)] ?? 0)),
  (bytes, below) => spliced(bytes, below(bytes.length + 1), 0, Buffer.alloc(1 + below(64), below(256))),
  (bytes, below) => spliced(bytes, below(bytes.length + 1), 1 + below(32)),
  (bytes, below) => bytes.subarray(0, below(bytes.length + 1)),
  // A part twice, or one of another sample.
  (bytes, below) => {
    const from = below(bytes.length + 1)
    return spliced(bytes, below(bytes.length + 1), 0, bytes.subarray(from, from + below(200)))
  },
  (bytes, below, sample) => {
    const other = sample()
    const from = below(other.length + 1)
    return spliced(bytes, below(bytes.length + 1), below(100), other.subarray(from, from + below(200)))
  },
  // Of bencoding: another number, a token where none belongs.
  (bytes, below) => {
    const text = bytes.toString('latin1')
    const runs = [...text.matchAll(/-?\d+/g)]
    const run = runs[below(runs.length)]
    const numbers = below(2) === 0 ? NUMBERS : HUGE
    if (run === undefined) return bytes
    return spliced(bytes, run.index, run[0].length, Buffer.from(numbers[below(numbers.length)] ?? ''))
  },
  (bytes, below) => spliced(bytes, below(bytes.length + 1), below(3), Buffer.from(TOKENS[below(TOKENS.length)] ?? '')),
]

function spliced(bytes: Buffer, at: number, gone: number, instead: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([bytes.subarray(0, at), instead, bytes.subarray(at + gone)])
}
